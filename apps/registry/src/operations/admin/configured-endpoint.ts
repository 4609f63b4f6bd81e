import { NotificationsError, type Broadcaster, type EndpointSink } from '@herald/notifications';
import { RegistryError } from '../../http/registry-error.js';

/** The endpoint of that name. @throws RegistryError `ENDPOINT_UNKNOWN` */
export function configuredEndpoint(broadcaster: Broadcaster, name: string): EndpointSink {
  try {
    return broadcaster.endpoint(name);
  } catch (error) {
    if (error instanceof NotificationsError && error.code === 'ENDPOINT_UNKNOWN') {
      throw new RegistryError('ENDPOINT_UNKNOWN', error.message);
    }
    throw error;
  }
}
