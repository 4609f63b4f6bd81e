import { content, descriptor, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../support/image.js';
import type { Content, Image } from '../support/image.js';
import { Random } from './random.js';

const REPOSITORIES = ['app', 'team/web', 'team/blobs/cache', 'tools/manifests', 'a/b/c'] as const;
const TAGS = ['latest', 'stable', 'v1', 'v2'] as const;

/** Sizes around the largest blob that is a row, and some that are files. */
const LAYER_SIZES = [900, 16_384, 16_385, 60_000, 200_000] as const;

/** Images that every client pushes, so that clients meet over the same contents. */
const COMMON_IMAGES = 3;

/** How many of its own images a client remembers. */
const REMEMBERED = 12;

/** How a blob travels: one POST, POST and PUT, or POST, PATCH after PATCH, and PUT. */
export type UploadWay = 'at-once' | 'in-two' | 'chunked';

/** Where an image is meant to be. What it is made of follows from its name alone. */
export interface ImagePlan {
  readonly repository: string;
  readonly name: string;
  readonly layerBytes: readonly number[];
}

/** What a client does next. It depends on the seed alone, and never on what the registry answered. */
export type Operation =
  | { readonly kind: 'push-image'; readonly image: ImagePlan; readonly tag?: string; readonly way: UploadWay }
  | { readonly kind: 'push-blob'; readonly image: ImagePlan; readonly way: UploadWay }
  | { readonly kind: 'tag'; readonly image: ImagePlan; readonly tag: string }
  | { readonly kind: 'mount'; readonly image: ImagePlan; readonly into: string }
  | { readonly kind: 'delete-tag'; readonly repository: string; readonly tag: string }
  | { readonly kind: 'delete-manifest'; readonly image: ImagePlan }
  | { readonly kind: 'delete-blob'; readonly image: ImagePlan }
  | { readonly kind: 'pull'; readonly repository: string; readonly tag: string }
  | { readonly kind: 'cancel-upload' | 'abandon-upload'; readonly image: ImagePlan };

const WEIGHTS: Readonly<Record<Operation['kind'], number>> = {
  'push-image': 34,
  'push-blob': 12,
  tag: 16,
  mount: 10,
  'delete-tag': 7,
  'delete-manifest': 6,
  'delete-blob': 4,
  pull: 10,
  'cancel-upload': 1,
  'abandon-upload': 1,
};

/** The endless sequence of what one client does. */
export class Workload {
  readonly #images: ImagePlan[] = [];
  #pushes = 0;

  constructor(
    private readonly random: Random,
    private readonly client: string,
  ) {}

  next(): Operation {
    const { random } = this;
    const kind = this.#images.length === 0 ? 'push-image' : random.weighted(WEIGHTS);
    switch (kind) {
      case 'push-image': {
        const operation = { kind, image: this.#imageToPush(), way: this.#way() };
        return random.chance(0.8) ? { ...operation, tag: random.pick(TAGS) } : operation;
      }
      case 'push-blob':
        return { kind, image: this.#newImage(), way: this.#way() };
      case 'tag':
        return { kind, image: this.#oldImage(), tag: random.pick(TAGS) };
      case 'mount':
        return { kind, image: this.#oldImage(), into: random.pick(REPOSITORIES) };
      case 'delete-tag':
      case 'pull':
        return { kind, repository: random.pick(REPOSITORIES), tag: random.pick(TAGS) };
      case 'cancel-upload':
      case 'abandon-upload':
        return { kind, image: this.#newImage() };
      default:
        return { kind, image: this.#oldImage() };
    }
  }

  #way(): UploadWay {
    return this.random.pick(['at-once', 'in-two', 'chunked']);
  }

  #imageToPush(): ImagePlan {
    const { random } = this;
    const plan = random.chance(0.25) ? this.#commonImage() : this.#newImage();
    this.#images.push(plan);
    if (this.#images.length > REMEMBERED) this.#images.shift();
    return plan;
  }

  #newImage(): ImagePlan {
    const { random } = this;
    this.#pushes += 1;
    const layerBytes = Array.from({ length: random.between(1, 2) }, () => random.pick(LAYER_SIZES));
    return { repository: random.pick(REPOSITORIES), name: `${this.client} ${this.#pushes}`, layerBytes };
  }

  #commonImage(): ImagePlan {
    const number = this.random.between(1, COMMON_IMAGES);
    const repository = this.random.pick(REPOSITORIES);
    return { repository, name: `common ${number}`, layerBytes: [LAYER_SIZES[number] ?? LAYER_SIZES[0]] };
  }

  #oldImage(): ImagePlan {
    const [first = this.#newImage(), ...others] = this.#images;
    return this.random.pick([first, ...others]);
  }
}

/** What a plan's image is made of: its layers are as large as planned, and differ from those of every other name. */
export function build({ name, layerBytes }: ImagePlan): Image {
  const layers = layerBytes.map((sizeBytes, index) => layer(`layer ${index} of ${name}`, sizeBytes));
  const config = content(OCI_CONFIG, JSON.stringify({ architecture: 'amd64', os: 'linux', name }));
  const manifest = content(
    OCI_MANIFEST,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config),
      layers: layers.map((each) => descriptor(each)),
    }),
  );
  return { manifest, blobs: [config, ...layers] };
}

function layer(text: string, sizeBytes: number): Content {
  return content(OCI_LAYER, Buffer.alloc(sizeBytes, `${text}\n`));
}
