/** An option of a command, for its help. */
export interface Flag {
  /** What its value is called; without one it takes none. */
  readonly value?: string;
  readonly about: string;
}

/** Every option of every command. One name means the same thing everywhere. */
export const FLAGS = {
  json: { about: 'print JSON, one document a line, for programs' },
  config: {
    value: 'CONFIG',
    about: "Distribution's config.yml; else the file that REGISTRY_CONFIGURATION_PATH names",
  },
  'ignore-existing': {
    about: "start with an empty registry although the data directory holds another registry's repositories",
  },
  hold: {
    value: 'DURATION',
    about:
      'how long garbage collection leaves the listed blobs alone unless released (default 24h, at most 720h)',
  },
  replace: { about: 'move a database that is there aside, as herald.db.replaced-TIME' },
  'dry-run': { about: 'change and send nothing, and say what would be done' },
  force: { about: 'go ahead although links of an imported volume could not be read' },
  verify: {
    about: 'read every blob and compare it with its digest; by default the lengths alone are looked at',
  },
  unreadable: { about: 'only list what an import could not read' },
  'remove-strays': { about: 'remove the files of blobs that no row knows, after a finished import' },
  timeout: { value: 'DURATION', about: 'how long it may take (default 60s)' },
  after: { value: 'N', about: 'only events after this sequence' },
  limit: { value: 'N', about: 'the most events of one answer' },
  type: { value: 'TYPE', about: 'only events of this type, which may end with *' },
  lane: { value: 'LANE', about: 'only events of this lane: a repository' },
  'from-sequence': { value: 'N', about: 'from this sequence on' },
  'to-sequence': { value: 'N', about: 'up to this sequence' },
  since: { value: 'TIME', about: 'what happened at or after this time' },
  until: { value: 'TIME', about: 'what happened before this time' },
  event: { value: 'ID', about: 'this event; may be repeated' },
  action: { value: 'ACTION', about: 'only events of this action; may be repeated' },
  repository: { value: 'GLOB', about: 'only events of these repositories; may be repeated' },
  'dead-letters': { about: 'what lies in the dead letters of the endpoint' },
  letter: { value: 'ID', about: 'this dead letter; may be repeated' },
  follow: { about: 'wait for the end, and tell how far it is: exits with 7 when not all was taken' },
  rate: { value: 'RATE', about: 'the most events it sends: 100/s, 10/m, 5/h' },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

/** An option as it stands in a usage: `--hold DURATION`. */
export function flagText(name: FlagName): string {
  const { value }: Flag = FLAGS[name];
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
