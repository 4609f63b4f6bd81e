/** Token of the program's {@link RegistryConfig}, which is a value and no class. */
export const REGISTRY_CONFIG = Symbol('REGISTRY_CONFIG');
