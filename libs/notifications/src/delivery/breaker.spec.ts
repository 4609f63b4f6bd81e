import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.js';

const schedule = (openings: number) => openings * 1_000;

describe('Breaker', () => {
  it('opens after as many failures in a row as its threshold says', () => {
    const breaker = new Breaker(3, schedule);
    expect(breaker.failed(0, false)).toEqual({ first: true, opened: false });
    expect(breaker.failed(0, false)).toEqual({ first: false, opened: false });
    expect(breaker.admits(0)).toBe('any');
    expect(breaker.failed(0, false)).toEqual({ first: false, opened: true });
    expect(breaker.admits(0)).toBe('none');
  });

  it('begins to count again after a success', () => {
    const breaker = new Breaker(2, schedule);
    breaker.failed(0, false);
    expect(breaker.succeeded()).toBe(false);
    breaker.failed(0, false);
    expect(breaker.name).toBe('closed');
  });

  it('lets a single probe through when its wait is over, and waits longer when that fails', () => {
    const breaker = new Breaker(1, schedule);
    breaker.failed(0, false);
    expect(breaker.admits(999)).toBe('none');
    expect(breaker.silentUntilMs).toBe(1_000);
    expect(breaker.admits(1_000)).toBe('probe');
    breaker.probeStarted();
    expect(breaker.admits(1_000)).toBe('none');
    breaker.failed(1_500, true);
    expect(breaker.admits(3_499)).toBe('none');
    expect(breaker.admits(3_500)).toBe('probe');
  });

  it('closes when the probe is answered, or a request that was under way before', () => {
    for (const probed of [true, false]) {
      const breaker = new Breaker(1, schedule);
      breaker.failed(0, false);
      if (probed) breaker.admits(1_000);
      expect(breaker.succeeded()).toBe(true);
      expect(breaker.admits(0)).toBe('any');
    }
  });

  it('does not stay open longer for requests that were under way when it opened', () => {
    const breaker = new Breaker(1, schedule);
    breaker.failed(0, false);
    breaker.failed(900, false);
    expect(breaker.admits(1_000)).toBe('probe');
  });

  it('sends nothing while the endpoint asked for silence, whatever its state', () => {
    const breaker = new Breaker(1, schedule);
    breaker.hold(5_000);
    breaker.hold(2_000);
    expect(breaker.admits(4_999)).toBe('none');
    expect(breaker.silentUntilMs).toBe(5_000);
    expect(breaker.admits(5_000)).toBe('any');
  });

  it('sends no second probe beside one under way, though the answer to an earlier request asked for silence meanwhile', () => {
    const breaker = new Breaker(5, schedule, true);
    breaker.probeStarted();
    breaker.hold(1_000);
    expect(breaker.admits(1_000)).toBe('none');
    breaker.probeEnded();
    expect(breaker.admits(1_000)).toBe('probe');
  });

  it('begins with a probe when the last run ended with the endpoint failing', () => {
    expect(new Breaker(5, schedule, true).admits(0)).toBe('probe');
  });
});
