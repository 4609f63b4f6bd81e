import type { EventActor, EventRequest } from '../event/registry-event.js';

/** Where a call of the repository comes from. */
export interface Origin {
  readonly request: EventRequest;
  readonly actor: EventActor;
  /**
   * What stands in front of `/v2/` in a `target.url`: scheme and host as the client sees them, and the registry's prefix
   * (`https://registry.example/prefix`). Empty for relative URLs.
   */
  readonly urlBase: string;
}

/** Tells where the current call comes from. The application knows: an HTTP server keeps it per request, a command line has one. */
export abstract class EventOrigin {
  abstract current(): Origin;
}

/** Of what the program does by itself: the envelope has the keys all the same. */
export const NOBODY: Origin = { request: { id: '', method: '', useragent: '' }, actor: {}, urlBase: '' };
