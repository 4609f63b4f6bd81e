/** What happened to the target. Distribution knows these four and no others. */
export type Action = 'push' | 'pull' | 'mount' | 'delete';

/** What it happened to. Distribution leaves it to the reader to guess this from the media type. */
export type TargetKind = 'manifest' | 'blob' | 'tag' | 'repository';

/** A content descriptor as `references[]` carries it: OCI image-spec descriptor.md. */
export interface EventDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, unknown>>;
  readonly artifactType?: string;
}

/** The object of an event, in the fields of Distribution's envelope. Absent is absent: no empty strings, no zeros. */
export interface EventTarget {
  readonly mediaType?: string;
  readonly size?: number;
  readonly digest?: string;
  readonly length?: number;
  readonly repository: string;
  readonly fromRepository?: string;
  /** Where it can be fetched by digest. Never a tag's URL: a tag may have moved on. */
  readonly url?: string;
  readonly tag?: string;
  readonly references?: readonly EventDescriptor[];
}

/** Fields of a target that are there for certain. */
type With<K extends keyof EventTarget> = EventTarget & {
  readonly [P in K]-?: NonNullable<EventTarget[P]>;
};

/** A manifest or blob that can be fetched. */
export type ContentTarget = With<'mediaType' | 'digest' | 'url'>;
/** A blob that came from another repository. */
export type MountTarget = With<'mediaType' | 'digest' | 'url' | 'fromRepository'>;
/** A manifest or blob that is gone. */
export type GoneTarget = With<'digest'>;
export type TagTarget = With<'tag'>;

/** The HTTP request that caused the event. */
export interface EventRequest {
  readonly id: string;
  /** `ip:port` of the peer, or the client's address as a trusted proxy names it. */
  readonly addr?: string;
  readonly host?: string;
  readonly method: string;
  readonly useragent: string;
}

/** Who asked: a name only when it was authenticated. */
export interface EventActor {
  readonly name?: string;
}

/** The registry that made the event. */
export interface EventSource {
  /** Host name and port of this node, never the public host. */
  readonly addr?: string;
  /** UUID of this run of the process. */
  readonly instanceID?: string;
}

/** One event in Distribution's terms: the element of an envelope. */
export interface RegistryEvent {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly action: Action;
  readonly target: EventTarget;
  readonly request: EventRequest;
  readonly actor: EventActor;
  readonly source: EventSource;
}

/** What Distribution's envelope has no place for; formats that have one (CloudEvents) send it. */
export interface RegistryEventDetail {
  /** Digest that the tag named before this push. */
  readonly previousDigest?: string;
  /** Digest that a deleted tag named. */
  readonly deletedDigest?: string;
  /** Tags that went with a deleted manifest, in byte order. */
  readonly deletedTags?: readonly string[];
  readonly artifactType?: string;
  readonly subject?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly references?: readonly EventDescriptor[];
  readonly status?: number;
  readonly bytesSent?: number;
  readonly durationMs?: number;
}

/** Type of a registry event in the log and on EventEmitter2. */
export type RegistryEventType =
  | 'registry.manifest.push'
  | 'registry.manifest.pull'
  | 'registry.manifest.delete'
  | 'registry.blob.push'
  | 'registry.blob.pull'
  | 'registry.blob.mount'
  | 'registry.blob.delete'
  | 'registry.tag.delete'
  | 'registry.repository.delete';
