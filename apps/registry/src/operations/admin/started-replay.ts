import { NotificationsError, type ReplayJob, type ReplayRequest, type Replays } from '@herald/notifications';
import { RegistryError } from '../../http/registry-error.js';

/** Starts a replay; undefined when there is nothing to send. @throws RegistryError `ENDPOINT_UNKNOWN`, `PARAMETER_INVALID` */
export function startedReplay(
  replays: Replays,
  endpoint: string,
  request: ReplayRequest,
): Promise<ReplayJob | undefined> {
  return refusing(() => replays.start(endpoint, request));
}

/** Does what may be refused, and says so as the admin API does. @throws RegistryError `ENDPOINT_UNKNOWN`, `PARAMETER_INVALID` */
export async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotificationsError)) throw error;
    if (error.code === 'ENDPOINT_UNKNOWN') throw new RegistryError('ENDPOINT_UNKNOWN', error.message);
    if (error.code === 'REPLAY_INVALID') throw new RegistryError('PARAMETER_INVALID', error.message);
    throw error;
  }
}
