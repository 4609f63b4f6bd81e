import { describe, expect, it } from 'vitest';
import { loadConfig } from './config/load-config.js';
import { RegistryLogger } from './logging/registry-logger.js';
import { reportStart } from './start-report.js';

function report(...endpoints: readonly object[]): string {
  const text = JSON.stringify({
    version: 0.1,
    storage: { filesystem: { rootdirectory: '/data' } },
    notifications: { endpoints },
  });
  const { config } = loadConfig({ path: 'config.yml', environment: {}, readFile: () => text });
  let output = '';
  const write = (written: string) => (output += written);
  reportStart(config, { registry: 'http://localhost:5000' }, new RegistryLogger(config.log), { write });
  return output;
}

describe('the report of a start', () => {
  const hook = { name: 'a', url: 'https://user:hunter2@hook.example/hunter2' };
  const everyEvent = 'a receiver must read all of "events"';

  it('says once that a request may carry several events, and why that matters', () => {
    const text = report(hook, { ...hook, name: 'b', batch: { maxevents: 7 } });
    expect(text.split(everyEvent)).toHaveLength(2);
    expect(text).toContain('up to 100 events a request');
    expect(text).not.toContain('hunter2');
  });

  it('does not say so where every request carries one', () => {
    expect(report({ ...hook, batch: { maxevents: 1 } })).not.toContain(everyEvent);
    expect(report({ ...hook, format: 'cloudevents' })).not.toContain(everyEvent);
    expect(report({ name: 'file', type: 'file', path: '/var/log/hunter2' })).not.toContain(everyEvent);
  });

  it('shows of a file that it is one', () => {
    const text = report({ name: 'archive', type: 'file', path: '/var/log/hunter2' });
    expect(text).toContain('Delivers to        archive (file, distribution.v1)');
    expect(text).not.toContain('hunter2');
  });
});
