import type { AttemptResult } from '../src/delivery/attempt.js';
import type { Wish } from './endpoint-model.js';

/** What the endpoint answers. */
export type Reply = 'take' | 'refuse' | 'fail' | 'lose' | 'retire' | 'ask to wait' | 'too large';

/** What somebody does with the endpoint, or what happens to the process. */
export type Deed =
  | 'save'
  | 'crash'
  | 'stop and start'
  | 'pause'
  | 'resume'
  | 'disable'
  | 'enable'
  | 'detach'
  | 'attach'
  | 'maintain'
  | 'watch'
  | 'redrive';

export type EndpointStep =
  | { readonly do: 'publish'; readonly lane: string; readonly kind: 'x' | 'y' }
  /** Many events of all lanes. */
  | { readonly do: 'flood'; readonly events: number }
  /** The endpoint takes all that it is sent for a while. */
  | { readonly do: 'serve' }
  /** It refuses an event as often as it is sent. */
  | { readonly do: 'refuse for good'; readonly which: number }
  | { readonly do: 'answer'; readonly which: number; readonly reply: Reply; readonly hastily?: boolean }
  | { readonly do: 'pass time'; readonly ms: number }
  | { readonly do: 'wish'; readonly wish: Wish }
  | { readonly do: 'replay'; readonly from: number; readonly events: number }
  | { readonly do: 'cancel' | 'give up'; readonly which: number }
  /** Each begins while the ones before it may still be waited for: no time passes until all have begun. */
  | { readonly do: 'together'; readonly steps: readonly EndpointStep[] }
  | { readonly do: Deed };

export const REPLIES: Readonly<Record<Reply, AttemptResult>> = {
  take: { kind: 'answered', status: 200, text: '' },
  refuse: { kind: 'answered', status: 400, text: 'no' },
  fail: { kind: 'answered', status: 500, text: 'down' },
  lose: { kind: 'unanswered', fault: 'connect', sent: true, stale: false },
  retire: { kind: 'answered', status: 410, text: '' },
  'ask to wait': { kind: 'answered', status: 429, text: '', retryAfter: '2' },
  'too large': { kind: 'answered', status: 413, text: '' },
};
