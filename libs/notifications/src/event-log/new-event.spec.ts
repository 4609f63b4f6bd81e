import { describe, expect, it } from 'vitest';
import { draftOf, MAX_DATA_BYTES, type NewEvent } from './new-event.js';

const EVENT: NewEvent = { type: 'orders.order.paid', lane: 'customer-7', data: { total: 12 } };
const draft = (event: Partial<Record<keyof NewEvent, unknown>> = {}) =>
  draftOf({ ...EVENT, ...event } as NewEvent, { id: () => 'made', nowMs: 1_000 });

function circular(): object {
  const data: { self?: object } = {};
  data.self = data;
  return data;
}

describe('draftOf', () => {
  it('serialises an event once and for all, with an id and the time', () => {
    expect(draft()).toEqual({
      id: 'made',
      lane: 'customer-7',
      type: 'orders.order.paid',
      timeMs: 1_000,
      data: '{"total":12}',
    });
  });

  it.each<[string, Partial<Record<keyof NewEvent, unknown>>]>([
    ['a type of one word', { type: 'paid' }],
    ['a type with spaces', { type: 'orders.order paid' }],
    ['a type of the registry', { type: 'registry.manifest.push' }],
    ['no type', { type: undefined }],
    ['an empty lane', { lane: '' }],
    ['a lane with a line break', { lane: 'a\nb' }],
    ['a lane that is too long', { lane: 'a'.repeat(513) }],
    ['data that is no object', { data: 'text' }],
    ['data that contains itself', { data: circular() }],
    ['data that is nothing as JSON', { data: { toJSON: () => undefined } }],
    ['an id that is no UUID', { id: '1' }],
    ['a time that is none', { time: new Date(Number.NaN) }],
  ])('refuses %s', (_name, fault) => {
    expect(() => draft(fault)).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }));
  });

  it('refuses more data than a receiver can be expected to take, counted in bytes', () => {
    const sized = (bytes: number) => draft({ data: { t: 'é'.repeat((bytes - '{"t":""}'.length) / 2) } });
    expect(() => sized(MAX_DATA_BYTES)).not.toThrow();
    expect(() => sized(MAX_DATA_BYTES + 2)).toThrow(expect.objectContaining({ code: 'EVENT_TOO_LARGE' }));
  });
});
