/** Whether the registry can be asked at the moment. Clients wait here while it is being started again. */
export class Availability {
  #up = Promise.withResolvers<void>();
  #isUp = false;

  isUp(): void {
    this.#isUp = true;
    this.#up.resolve();
  }

  isDown(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#up = Promise.withResolvers<void>();
  }

  untilUp(): Promise<void> {
    return this.#up.promise;
  }
}
