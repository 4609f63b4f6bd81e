import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { NotificationsError } from '../notifications.error.js';
import { WebhookVerifier, type WebhookHeaders, type WebhookVerification } from './verify-webhook.js';

/** What a {@link WebhookGuard} verifies with. */
export interface WebhookGuardOptions {
  /** `whsec_…` and `whpk_…` */
  readonly keys: readonly string[];
  /** Default 300. */
  readonly toleranceSeconds?: number;
  /** Default the machine's time. */
  readonly now?: () => Date;
}

/** Token of {@link WebhookGuardOptions}. */
export const WEBHOOK_GUARD_OPTIONS = Symbol('WebhookGuardOptions');

/** What the guard leaves on a request that it let in. */
export interface VerifiedRequest {
  readonly webhook: Extract<WebhookVerification, { readonly ok: true }>;
}

interface IncomingWebhook {
  readonly headers: WebhookHeaders;
  readonly rawBody?: unknown;
  readonly body?: unknown;
  webhook?: VerifiedRequest['webhook'];
}

/**
 * Lets in what is signed by a key that is known, and nothing else (403). What it found lies in `request.webhook`; to tell what came
 * before by its id is the receiver's part.
 *
 * It needs the bytes of the body. Create the application with `{ rawBody: true }`, on Express and on Fastify, and have the media type of
 * the events parsed, which is not `application/json` with Distribution's formats: on Express
 * `app.useBodyParser('json', { type: ['application/json', 'application/*+json'] })`, on Fastify
 * `app.useBodyParser(/^application\/.*json/, {}, (request, body, done) => done(null, JSON.parse(body.toString())))`. A parser that leaves
 * the body as a `Buffer` serves as well.
 *
 * ```ts
 * providers: [WebhookGuard, { provide: WEBHOOK_GUARD_OPTIONS, useValue: { keys: ['whpk_…'] } }]
 * ```
 */
@Injectable()
export class WebhookGuard implements CanActivate {
  readonly #verifier: WebhookVerifier;
  readonly #now: () => Date;

  /** @throws SigningKeyError when a key is none */
  constructor(@Inject(WEBHOOK_GUARD_OPTIONS) { keys, toleranceSeconds, now }: WebhookGuardOptions) {
    this.#verifier = new WebhookVerifier(keys, toleranceSeconds);
    this.#now = now ?? (() => new Date());
  }

  /** @throws NotificationsError `RAW_BODY_MISSING` when the application does not keep the bytes of bodies */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingWebhook>();
    const result = this.#verifier.verify({
      headers: request.headers,
      body: bytesOf(request),
      now: this.#now(),
    });
    if (result.ok) request.webhook = result;
    return result.ok;
  }
}

function bytesOf({ rawBody, body }: IncomingWebhook): Uint8Array {
  if (rawBody instanceof Uint8Array) return rawBody;
  if (body instanceof Uint8Array) return body;
  throw new NotificationsError(
    'RAW_BODY_MISSING',
    'the bytes of the body are not there to be verified: create the application with { rawBody: true }, and a body parser for this media type',
  );
}
