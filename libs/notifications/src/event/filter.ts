import type { LogRecord } from '../event-log/log-record.js';
import type { IgnoreOptions, WebhookOptions } from '../notifications.options.js';
import { compileSelections } from './event-selection.js';
import { RecordView } from './record-view.js';

/** Whether an endpoint wants an event. It keeps nothing between events. */
export type Filter = (record: LogRecord) => boolean;

type Judgement = (view: RecordView) => boolean;

/**
 * An endpoint's rules as one question. An event is wanted when upstream's `ignore` does not name it, a selection of `only` (if there is
 * one) describes it, and none of `except` does. What a rule can tell by the type or the repository alone is asked first.
 *
 * @throws FilterError
 */
export function compileFilter(options: Pick<WebhookOptions, 'ignore' | 'only' | 'except'>): Filter {
  const ignored = compileIgnore(options.ignore);
  const only = options.only && compileSelections(options.only, 'only');
  const except = options.except && compileSelections(options.except, 'except');
  if (!ignored && !only && !except) return () => true;
  return (record) => {
    const view = new RecordView(record);
    return !ignored?.(view) && (only?.(view) ?? true) && !except?.(view);
  };
}

/**
 * Upstream's lists: exact, and either suffices. Upstream's deletes have no media type; here too the list does not see one, or an
 * `ignore.mediatypes: [application/octet-stream]` that was written to silence layers would begin to drop deletes.
 */
function compileIgnore({ mediaTypes = [], actions = [] }: IgnoreOptions = {}): Judgement | undefined {
  if (mediaTypes.length === 0 && actions.length === 0) return undefined;
  const ignoredActions = new Set(actions);
  const ignoredMediaTypes = new Set(mediaTypes);
  return (view) => {
    if (view.action === undefined) return false;
    if (ignoredActions.has(view.action)) return true;
    if (ignoredMediaTypes.size === 0) return false;
    return ignoredMediaTypes.has(view.action === 'delete' ? '' : (view.mediaType ?? ''));
  };
}
