/** As much of a registry's client as the demonstration needs, by `fetch`. */
export class RegistryClient {
  constructor(base, repository) {
    this.root = base;
    this.base = `${base}/v2/${repository}`;
  }

  /** The blob, unless the repository has it: HEAD, POST, one PUT. */
  async pushBlob({ digest, bytes }) {
    const known = await fetch(`${this.base}/blobs/${digest}`, { method: 'HEAD' });
    if (known.status === 200) return;
    const session = await expectStatus(202, fetch(`${this.base}/blobs/uploads/`, { method: 'POST' }));
    const location = new URL(session.headers.get('location'), this.root);
    location.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await expectStatus(201, fetch(location, { method: 'PUT', body: bytes, headers }));
  }

  async pushManifest({ mediaType, bytes }, tag) {
    const headers = { 'Content-Type': mediaType };
    const answer = await expectStatus(
      201,
      fetch(`${this.base}/manifests/${tag}`, { method: 'PUT', body: bytes, headers }),
    );
    return answer.headers.get('docker-content-digest');
  }

  async pull(kind, digest) {
    const answer = await expectStatus(200, fetch(`${this.base}/${kind}/${digest}`));
    return Buffer.from(await answer.arrayBuffer());
  }
}

async function expectStatus(status, request) {
  const answer = await request;
  if (answer.status !== status) {
    throw new Error(`${answer.url} answered ${answer.status} and not ${status}: ${await answer.text()}`);
  }
  return answer;
}
