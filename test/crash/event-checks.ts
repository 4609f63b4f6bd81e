import { factOf, isCollected, wordsOf, type Fact } from './fact.js';
import type { Finding } from './finding.js';
import type { Entry, Journal } from './journal.js';
import type { Arrival } from './receiver.js';

/** Compares what clients were told with what arrived: G1 and G2. */
export function compareWithJournal(journal: Journal, arrivals: readonly Arrival[]): Finding[] {
  const findings: Finding[] = [];
  const told = new Set<string>();
  for (const { event, accepted } of arrivals) {
    const words = wordsOf(factOf(event));
    if (!accepted) findings.push({ kind: 'undelivered', what: `${words} was refused and never came again` });
    // What collection did is judged by itself: it may do the same again.
    if (isCollected(event)) continue;
    const entry = journal.entryOf(event.request.useragent);
    const key = keyOf(entry, words);
    const objection = told.has(key)
      ? 'it was told before, under another id'
      : objectionTo(entry, factOf(event));
    if (objection !== undefined) findings.push({ kind: 'phantom', what: `${words}: ${objection}` });
    told.add(key);
  }
  return [...findings, ...lost(journal, told)];
}

function lost({ entries }: Journal, told: ReadonlySet<string>): Finding[] {
  return entries
    .filter(({ fact, told: outcome }) => fact && fact.action !== 'pull' && outcome === 'acknowledged')
    .map((entry) => ({ entry, words: entry.fact ? wordsOf(entry.fact) : '' }))
    .filter(({ entry, words }) => !told.has(keyOf(entry, words)))
    .map(({ entry, words }) => ({
      kind: 'lost',
      what: `${words} (request ${entry.number}) was acknowledged`,
    }));
}

/** What may be told once: each fact of a request, or of an upload however often it was closed. */
function keyOf(entry: Entry | undefined, words: string): string {
  return `${entry?.session ?? entry?.number} ${words}`;
}

function objectionTo(entry: Entry | undefined, fact: Fact): string | undefined {
  if (entry === undefined) return 'nobody asked for it';
  const { fact: meant, told } = entry;
  if (meant === undefined) return 'its request cannot cause an event';
  if (told === 'refused') return 'its client was told that it did not happen';
  const itself = wordsOf(meant) === wordsOf(fact);
  const taken = isManifestDeletion(meant) && fact.action === 'delete' && fact.what === 'tag';
  if (itself || (taken && fact.repository === meant.repository)) return undefined;
  return `its request was: ${wordsOf(meant)}`;
}

function isManifestDeletion({ action, what }: Fact): boolean {
  return action === 'delete' && what === 'manifest';
}

/**
 * Order as clients know it (G4): what was acknowledged before something else was asked for, comes first. Of the events of one
 * repository, none may have been asked for after a later one was acknowledged.
 */
export function compareOrder(journal: Journal, arrivals: readonly Arrival[]): Finding[] {
  const findings: Finding[] = [];
  const latest = new Map<string, Entry>();
  for (const { event } of arrivals) {
    const entry = journal.entryOf(event.request.useragent);
    if (entry === undefined) continue;
    const { action, target } = event;
    const changes = `changes of ${target.repository}`;
    const pulls = `pulls of ${target.repository}`;
    // Pulls have an order among changes, and none among themselves.
    const before = lastSent(latest.get(changes), action === 'pull' ? undefined : latest.get(pulls));
    if (before !== undefined && before.sentAt > entry.toldAt) {
      const what = `${wordsOf(factOf(event))} (request ${entry.number}) arrived after that of request ${before.number}`;
      findings.push({ kind: 'misordered', what });
    }
    const own = action === 'pull' ? pulls : changes;
    latest.set(own, lastSent(latest.get(own), entry) ?? entry);
  }
  return findings;
}

function lastSent(one: Entry | undefined, other: Entry | undefined): Entry | undefined {
  return (one?.sentAt ?? 0) > (other?.sentAt ?? 0) ? one : other;
}

/** The endpoint's numbers of its events: from 1 without a gap, and each event keeps its own, over any number of crashes. */
export function checkNumbers(arrivals: readonly Arrival[], renumbered: readonly string[]): Finding[] {
  const findings: Finding[] = renumbered.map((what) => ({ kind: 'misordered', what }));
  const numbers = arrivals.map(({ number }) => number).toSorted((a, b) => a - b);
  const gap = numbers.findIndex((number, index) => number !== index + 1);
  if (gap !== -1) {
    findings.push({
      kind: 'misordered',
      what: `where number ${gap + 1} should be, there is ${numbers[gap]}`,
    });
  }
  return findings;
}
