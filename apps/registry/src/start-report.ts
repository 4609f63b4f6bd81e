import type { RegistryConfig } from './config/registry-config.js';
import type { BoundAddresses } from './running-registry.js';

/** What an operator wants to know when the program is up, and what to type next. Endpoints show as scheme and host. */
export function startReport(config: RegistryConfig, { registry, debug }: BoundAddresses): string {
  const host = new URL(registry).host;
  const lines = [
    `Herald listens on ${registry}${config.http.prefix}`,
    ...(debug === undefined ? [] : [`Debug address      ${debug}`]),
    `Configuration      ${config.source ?? 'built-in defaults'}`,
    `Data               ${config.storage.rootDirectory}`,
    `Database           ${config.database.path}`,
    ...endpointLines(config),
    ...config.warnings.map((warning) => `Warning            ${warning.path}: ${warning.message}`),
    '',
    `Try: curl ${registry}/health`,
    `     skopeo copy --dest-tls-verify=false docker-archive:image.tar docker://${host}/my/image:1.0`,
    `     docker push ${host}/my/image:1.0`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function endpointLines({ notifications }: RegistryConfig): string[] {
  const active = notifications.endpoints.filter((endpoint) => endpoint.disabled !== true);
  if (active.length === 0) return ['Endpoints          none: add them under notifications.endpoints'];
  return active.map(({ name, url, format }) => {
    const { protocol, host } = new URL(url);
    return `Delivers to        ${name} (${protocol}//${host}, ${format ?? 'distribution.v1'})`;
  });
}
