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
  const {
    seed,
    kills,
    killsWhileStarting,
    epochs,
    acknowledged,
    unknown,
    events,
    deliveries,
    unheardUploads,
  } = report;
  const rows: readonly (readonly [string, string | number])[] = [
    ['seed', seed],
    ['kills', `${kills} (${killsWhileStarting} while starting), in ${epochs} data directories`],
    ['changes acknowledged', acknowledged],
    ['changes left unknown', unknown],
    ['events arrived', `${events}, in ${deliveries} requests`],
    ['uploads unheard of', unheardUploads],
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

function kept({ kept: directories, seed, kills }: CrashReport): string[] {
  if (directories.length === 0) return [];
  return [
    ...directories.map((directory) => `kept: ${directory}`),
    `again: npm run crash -- --kills ${kills} --seed ${seed}`,
  ];
}
