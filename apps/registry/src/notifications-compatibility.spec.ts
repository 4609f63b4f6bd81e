import { describe, expect, it } from 'vitest';
import { endpointsOf } from './notifications-compatibility.js';

const ENDPOINT = { name: 'ci', url: 'http://127.0.0.1:9/' };
const SETTINGS = { endpoints: [ENDPOINT] };

describe('notifications.compatibility', () => {
  it('changes no endpoint by default', () => {
    expect(endpointsOf({ ...SETTINGS, compatibility: 'herald' })).toEqual([ENDPOINT]);
  });

  it('distribution: brings back upstream’s bodies, order, redirects and times between attempts', () => {
    expect(endpointsOf({ ...SETTINGS, compatibility: 'distribution' })).toEqual([
      {
        ...ENDPOINT,
        layout: 'upstream',
        ordering: 'endpoint',
        redirects: 'accept',
        schedule: 'distribution',
      },
    ]);
  });

  it('distribution: leaves an endpoint what it says itself', () => {
    const endpoints = [{ ...ENDPOINT, schedule: 'standard' as const }];
    expect(endpointsOf({ ...SETTINGS, endpoints, compatibility: 'distribution' })).toMatchObject([
      { schedule: 'standard', ordering: 'endpoint' },
    ]);
  });
});
