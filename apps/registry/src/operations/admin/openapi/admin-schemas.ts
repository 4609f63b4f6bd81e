import type { Schema } from './admin-operation.js';
import { COUNT, list, object, oneOf, TEXT, TIME } from './schema.js';

/** What went wrong with a request that was not answered. */
const FAULTS = [
  'dns',
  'connect',
  'tls',
  'connect-timeout',
  'first-byte-timeout',
  'timeout',
  'address',
  'proxy',
  'handshake',
  'encode',
  'file',
  'handler',
  'transport',
] as const;

export const FAULT = oneOf(...FAULTS);

const ENDPOINT_ALWAYS = {
  name: TEXT,
  origin: { ...TEXT, description: 'scheme and host; the rest of the URL is never shown' },
  state: oneOf('active', 'paused', 'retired', 'overflowed', 'disabled'),
  breaker: oneOf('closed', 'open', 'half-open'),
  lag: { ...COUNT, description: 'events of the log, wanted or not, behind the cursor' },
  cursor: {
    ...COUNT,
    description: 'everything up to this sequence is delivered, dead or not wanted',
  },
  envelopeSize: { ...COUNT, description: 'events that the next request may carry' },
  Events: { ...COUNT, description: 'events that passed the filter' },
  Pending: { ...COUNT, description: 'of them, those that are neither delivered nor dead' },
  Successes: { ...COUNT, description: 'events that were delivered' },
  Failures: { ...COUNT, description: 'attempts of this run that were answered by no success' },
  Errors: { ...COUNT, description: 'attempts of this run that were not answered' },
  Statuses: {
    type: 'object',
    additionalProperties: COUNT,
    description: 'attempts of this run by their status',
  },
  faults: {
    type: 'object',
    additionalProperties: COUNT,
    description: 'attempts of this run that were not answered, by what went wrong',
  },
  proxyFaults: {
    type: 'object',
    additionalProperties: COUNT,
    description: 'of them, those that failed at the proxy before the endpoint, by what it did',
  },
  attemptsPerEvent: {
    type: 'object',
    additionalProperties: COUNT,
    description:
      'events of this run that were taken, by the attempt it was: those of 5 at the fourth or fifth',
  },
  cutAnswers: {
    type: 'object',
    additionalProperties: COUNT,
    description: 'answers of this run that were not read to their end, by why',
  },
  attempts: COUNT,
  deadLetters: COUNT,
  agedDeadLetters: {
    ...COUNT,
    description: 'events given up in this run because of the age of their dead letters',
  },
  backlog: object({
    bytes: { ...COUNT, description: 'of the events that wait, dead letters included' },
    share: { type: 'number', minimum: 0, description: 'of the bound on backlog; 0 when there is none' },
    refusing: { type: 'boolean', description: 'changes are refused because of it' },
  }),
};

const ENDPOINT_AT_TIMES = {
  handshake: oneOf('pending', 'granted', 'refused'),
  oldestPendingAt: TIME,
  lastSuccessAt: TIME,
  lastError: oneOf(...FAULTS, 'status'),
};

const ENDPOINT = object(ENDPOINT_ALWAYS, ENDPOINT_AT_TIMES);

const LANE = object(
  {
    lane: TEXT,
    state: oneOf('idle', 'ready', 'sending', 'waiting', 'due', 'loading'),
    firstSequence: { ...COUNT, description: 'the first event that is not done' },
    inFlight: COUNT,
    attempts: { ...COUNT, description: 'attempts with the first event' },
  },
  { dueAt: TIME },
);

const BREAKER = object(
  {
    state: oneOf('closed', 'open', 'half-open'),
    failures: { ...COUNT, description: 'in a row, while it is closed' },
    openings: { ...COUNT, description: 'since the endpoint worked last' },
  },
  {
    nextProbeAt: TIME,
    heldUntil: { ...TIME, description: 'the endpoint asked to be left alone until then' },
  },
);

const ENDPOINT_DETAIL = object(
  {
    ...ENDPOINT_ALWAYS,
    detail: object({
      breaker: BREAKER,
      inFlight: { ...COUNT, description: 'requests under way' },
      lanes: object({
        total: { ...COUNT, description: 'lanes that have something to be delivered' },
        first: { ...list(LANE), description: 'those that are furthest behind' },
      }),
    }),
  },
  ENDPOINT_AT_TIMES,
);

const DETACHED_ENDPOINT = object({ name: TEXT, detachedAt: TIME, lag: COUNT, deadLetters: COUNT });

const EVENT = object(
  {
    sequence: { ...COUNT, description: 'its place in the log: the order of the commits' },
    id: { ...TEXT, description: 'never changes, whatever is sent again' },
    type: TEXT,
    lane: { ...TEXT, description: 'what it stays in order with: the repository' },
    time: TIME,
    data: {
      description: "what endpoints are sent of it in Distribution's envelope, or an application's data",
    },
  },
  { detail: { description: 'what that envelope cannot say' } },
);

const DEAD_LETTER = object(
  {
    id: COUNT,
    at: TIME,
    reason: { ...TEXT, description: 'refused, poison, expired, overflow, disabled …' },
    firstSequence: COUNT,
    lastSequence: COUNT,
    count: { ...COUNT, description: 'events that it stands for' },
    attempts: COUNT,
  },
  {
    lane: TEXT,
    eventId: TEXT,
    lastStatus: COUNT,
    lastAnswer: { ...TEXT, description: "first bytes of the last answer, the endpoint's secrets removed" },
    redrive: { ...TEXT, description: 'the job that sends it again' },
  },
);

const REPLAY_SELECTION = {
  ...object(
    { kind: oneOf('events', 'dead-letters') },
    {
      from: COUNT,
      to: COUNT,
      sinceMs: { ...COUNT, description: 'ms since 1970' },
      untilMs: { ...COUNT, description: 'ms since 1970' },
      ids: list(TEXT),
      only: object({}, { actions: list(TEXT), types: list(TEXT), repositories: list(TEXT) }),
      letters: list(COUNT),
    },
  ),
  description: 'what was asked for',
};

const REPLAY = object(
  {
    number: { ...COUNT, description: 'in the order in which they were asked for' },
    id: { ...TEXT, description: 'sent as Herald-Replay' },
    endpoint: TEXT,
    selection: REPLAY_SELECTION,
    state: oneOf('waiting', 'running', 'done', 'cancelled', 'failed'),
    firstSequence: COUNT,
    lastSequence: COUNT,
    cursor: { ...COUNT, description: 'everything up to here is dealt with' },
    sent: COUNT,
    failed: { ...COUNT, description: 'events that were not taken' },
    gone: { ...COUNT, description: 'events that are not in the log, or not wanted, any more' },
    createdAt: TIME,
  },
  {
    failure: oneOf('refused', 'endpoint-failing', 'endpoint-disabled'),
    events: { ...COUNT, description: 'of dead letters: how many it is about' },
    rate: object({ events: COUNT, perMs: COUNT }),
    endedAt: TIME,
  },
);

const ERRORS = object({
  errors: list(object({ code: TEXT, message: TEXT }, { detail: {} })),
});

/** The named schemas of the document. */
export const ADMIN_SCHEMAS = {
  Endpoint: ENDPOINT,
  EndpointDetail: ENDPOINT_DETAIL,
  DetachedEndpoint: DETACHED_ENDPOINT,
  Event: EVENT,
  DeadLetter: DEAD_LETTER,
  Replay: REPLAY,
  Errors: ERRORS,
} satisfies Readonly<Record<string, Schema>>;
