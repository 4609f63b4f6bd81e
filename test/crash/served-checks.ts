import { digestOf } from '../support/image.js';
import type { Answer, Connection } from './connection.js';
import type { Fact } from './fact.js';
import type { Finding } from './finding.js';
import { INSPECTOR } from './inspection.js';
import type { Journal } from './journal.js';
import { toldState, ToldRepository } from './told-state.js';

const PARALLEL = 8;

/** Compares what the events tell with what the registry serves: a change is known by its event, and an event by its change. */
export async function compareWithServed(
  connection: Connection,
  journal: Journal,
  facts: readonly Fact[],
): Promise<Finding[]> {
  const { repositories, contradictions } = toldState(facts);
  const findings: Finding[] = contradictions.map((what) => ({ kind: 'lost', what }));
  for (const [repository, contents] of mentioned(journal)) {
    const told = repositories.get(repository) ?? new ToldRepository();
    findings.push(...(await compareTags(connection, repository, told)));
    const waiting = [...contents];
    const work = async () => {
      for (let content = waiting.pop(); content !== undefined; content = waiting.pop()) {
        findings.push(...(await compareContent(connection, repository, content, told.contents.has(content))));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }
  return findings;
}

/** Every content that a client ever tried to bring into a repository. */
function mentioned({ entries }: Journal): ReadonlyMap<string, ReadonlySet<string>> {
  const repositories = new Map<string, Set<string>>();
  for (const { fact } of entries) {
    if (fact?.digest === undefined) continue;
    const contents = repositories.get(fact.repository) ?? new Set();
    repositories.set(fact.repository, contents.add(`${fact.what} ${fact.digest}`));
  }
  return repositories;
}

async function compareTags(
  connection: Connection,
  repository: string,
  { tags: told }: ToldRepository,
): Promise<Finding[]> {
  const served = await servedTags(connection, repository);
  const names = new Set([...told.keys(), ...served.keys()]);
  return [...names]
    .filter((name) => told.get(name) !== served.get(name))
    .map((name) => ({
      kind: told.has(name) && !served.has(name) ? 'phantom' : 'lost',
      what: `tag ${name} of ${repository} is ${served.get(name) ?? 'gone'}, and the events say ${told.get(name) ?? 'gone'}`,
    }));
}

async function servedTags(connection: Connection, repository: string): Promise<ReadonlyMap<string, string>> {
  const list = await get(connection, 'GET', `/v2/${repository}/tags/list`);
  if (list.status === 404) return new Map();
  const { tags } = JSON.parse(list.body.toString()) as { tags: readonly string[] };
  const heads = tags.map(async (tag): Promise<[string, string]> => {
    const { headers } = await get(connection, 'HEAD', `/v2/${repository}/manifests/${tag}`);
    return [tag, String(headers['docker-content-digest'])];
  });
  return new Map(await Promise.all(heads));
}

/** @param content `blob <digest>` or `manifest <digest>` */
async function compareContent(
  connection: Connection,
  repository: string,
  content: string,
  isTold: boolean,
): Promise<Finding[]> {
  const [what = '', digest = ''] = content.split(' ');
  const path = `/v2/${repository}/${what}s/${digest}`;
  const answer = await connection.send({ method: isTold ? 'GET' : 'HEAD', path }, INSPECTOR);
  if (!isTold) {
    return answer?.status === 404
      ? []
      : [{ kind: 'lost', what: `${path} is served, and no event tells of it` }];
  }
  if (answer?.status !== 200) {
    return [{ kind: 'unreadable', what: `${path} is answered ${answer?.status ?? 'half'}` }];
  }
  return digestOf(answer.body) === digest ? [] : [{ kind: 'unreadable', what: `${path} has other bytes` }];
}

async function get(connection: Connection, method: 'GET' | 'HEAD', path: string): Promise<Answer> {
  const answer = await connection.send({ method, path }, INSPECTOR);
  if (answer === undefined) throw new Error(`${method} ${path} was not answered by a registry that runs`);
  return answer;
}
