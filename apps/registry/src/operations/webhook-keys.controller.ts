import { Controller, Get, Header } from '@nestjs/common';
import { Broadcaster, webhookKeySet, type WebhookKeySet } from '@herald/notifications';

/** The public keys of the endpoints that are signed for by Ed25519 (`v1a`), as a JSON Web Key Set: receivers verify with them. */
@Controller('.well-known')
export class WebhookKeysController {
  constructor(private readonly broadcaster: Broadcaster) {}

  /** Kept for five minutes by those who ask: a key is to be announced that much earlier than it is used alone. */
  @Get('webhook-keys.json')
  @Header('Cache-Control', 'public, max-age=300')
  keys(): WebhookKeySet {
    return webhookKeySet(this.broadcaster.endpoints.flatMap(({ signingKeys }) => signingKeys));
  }
}
