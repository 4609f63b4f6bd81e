import type { Action, RegistryEventType } from './registry-event.js';

const FAMILY = 'registry.';

/** Whether a type is of the registry's family, the one that Distribution's formats carry. */
export function isRegistryType(type: string): boolean {
  return type.startsWith(FAMILY);
}

/** What a registry event's type says: `registry.<kind>.<action>`. */
export interface RegistryTypeParts {
  readonly kind: string;
  readonly action: string;
}

/** `undefined` for another family. */
export function partsOf(type: RegistryEventType): RegistryTypeParts;
export function partsOf(type: string): RegistryTypeParts | undefined;
export function partsOf(type: string): RegistryTypeParts | undefined {
  if (!isRegistryType(type)) return undefined;
  const [, kind = '', action = ''] = type.split('.');
  return { kind, action };
}

/** What happens in an event of this type. */
export type ActionOf<T extends RegistryEventType> = T extends `registry.${string}.${infer A extends Action}`
  ? A
  : never;
