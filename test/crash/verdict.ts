import type { CrashReport } from './crash-run.js';
import { FINDING_KINDS, type Finding } from './finding.js';

/** Findings of one kind that are told word for word. */
const SHOWN = 5;

/** How many findings there are of each kind, on one line. */
export function verdictLine({ findings }: Pick<CrashReport, 'findings'>): string {
  return FINDING_KINDS.map((kind) => `${kind} ${count(findings, kind)}`).join('  ');
}

/** Everything that a run has to say. */
export function verdict(report: CrashReport): string {
  const { power } = report;
  const rows: readonly (readonly [string, string | number])[] = [
    ['seed', report.seed],
    [
      'kills',
      `${report.kills} (${report.killsWhileStarting} while starting), in ${report.epochs} data directories`,
    ],
    ['stops', report.stops],
    [
      'taken by power losses',
      `${power.walBytes} bytes of the log, ${power.names} names, ${power.files} files cut, ${power.restored} removals`,
    ],
    ['changes acknowledged', report.acknowledged],
    ['changes left unknown', report.unknown],
    [
      'events arrived',
      `${report.events}, in ${report.deliveries} deliveries; ${report.envelopes} envelopes of several`,
    ],
    ['collections', `${report.collections}, which took ${report.collected} contents`],
    ['replays', `${report.replays}, which brought ${report.replayed} events`],
    ['backups', `${report.backups} whole, of ${report.backupsAsked}`],
    ['reloads', `${report.reloads}; requests by ${report.editions} configurations`],
    ['uploads unheard of', report.unheardUploads],
    ['verdict', verdictLine(report)],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(22)}${value}`);
  return [
    ...lines,
    ...FINDING_KINDS.flatMap((kind) => examples(report.findings, kind)),
    ...kept(report),
  ].join('\n');
}

function count(findings: readonly Finding[], kind: string): number {
  return findings.filter((finding) => finding.kind === kind).length;
}

function examples(findings: readonly Finding[], kind: string): string[] {
  const found = findings.filter((finding) => finding.kind === kind);
  const more = found.length > SHOWN ? [`  ${kind}: … and ${found.length - SHOWN} more`] : [];
  return [...found.slice(0, SHOWN).map(({ what }) => `  ${kind}: ${what}`), ...more];
}

function kept({ kept: directories, seed, planned, byPower }: CrashReport): string[] {
  if (directories.length === 0) return [];
  const ends = byPower ? '--power-losses' : '--kills';
  return [
    ...directories.map((directory) => `kept: ${directory}`),
    `again: npm run crash -- ${ends} ${planned} --seed ${seed}`,
  ];
}
