import { PatternError } from './pattern.error.js';

/** Whether a UTF-16 code unit belongs to a set. */
export type CharacterSet = (code: number) => boolean;

/** What a glob or a regular expression says, before it is compiled. */
export type PatternNode =
  | { readonly kind: 'one'; readonly of: CharacterSet }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' };

type Instruction =
  | { readonly kind: 'one'; readonly of: CharacterSet }
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'match' };

/** Steps a character can cost. Counted repetitions are written out, so this bounds them too. */
const MAX_INSTRUCTIONS = 2_000;

/**
 * A pattern that reads each character once, in all the states it could be in (Thompson's construction). Its time is the length of the
 * text times the size of the pattern, whatever both are: no tag that a client chooses can make a pattern of the operator's hang the
 * process, as it could with a backtracking engine.
 */
export class Automaton {
  readonly #program: Instruction[] = [];

  /** @throws PatternError `PATTERN_TOO_LARGE` */
  constructor(pattern: PatternNode) {
    this.#emit(pattern);
    this.#push({ kind: 'match' });
  }

  /** Whether it is found anywhere in the text. */
  finds(text: string): boolean {
    let states = new Set<number>();
    for (let at = 0; ; at += 1) {
      // It may begin at every character.
      this.#enter(states, 0, at, text.length);
      if (states.has(this.#program.length - 1)) return true;
      if (at === text.length) return false;
      states = this.#step(states, text.charCodeAt(at), at + 1, text.length);
    }
  }

  #step(states: ReadonlySet<number>, code: number, at: number, length: number): Set<number> {
    const next = new Set<number>();
    for (const state of states) {
      const instruction = this.#program[state];
      if (instruction?.kind === 'one' && instruction.of(code)) this.#enter(next, state + 1, at, length);
    }
    return next;
  }

  /** Adds a state, and all that can be reached from it without reading. */
  #enter(states: Set<number>, first: number, at: number, length: number): void {
    const waiting = [first];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      if (states.has(state)) continue;
      states.add(state);
      const instruction = this.#program[state];
      if (instruction?.kind === 'fork') waiting.push(...instruction.to);
      if (instruction?.kind === 'edge' && at === (instruction.edge === 'start' ? 0 : length))
        waiting.push(state + 1);
    }
  }

  #emit(node: PatternNode): void {
    switch (node.kind) {
      case 'one':
      case 'edge':
        this.#push(node);
        return;
      case 'sequence':
        for (const part of node.nodes) this.#emit(part);
        return;
      case 'choice':
        this.#emitChoice(node.nodes);
        return;
      case 'repeat':
        this.#emitRepeat(node);
    }
  }

  #emitChoice(nodes: readonly PatternNode[]): void {
    const fork = this.#push({ kind: 'fork', to: [] });
    const branches: number[] = [];
    const exits: number[] = [];
    for (const node of nodes) {
      branches.push(this.#program.length);
      this.#emit(node);
      exits.push(this.#push({ kind: 'fork', to: [] }));
    }
    this.#program[fork] = { kind: 'fork', to: branches };
    for (const exit of exits) this.#program[exit] = { kind: 'fork', to: [this.#program.length] };
  }

  #emitRepeat({ node, min, max }: Extract<PatternNode, { kind: 'repeat' }>): void {
    for (let count = 0; count < min; count += 1) this.#emit(node);
    if (max === Infinity) {
      const fork = this.#push({ kind: 'fork', to: [] });
      this.#emit(node);
      this.#push({ kind: 'fork', to: [fork] });
      this.#program[fork] = { kind: 'fork', to: [fork + 1, this.#program.length] };
      return;
    }
    const forks: number[] = [];
    for (let count = min; count < max; count += 1) {
      forks.push(this.#push({ kind: 'fork', to: [] }));
      this.#emit(node);
    }
    for (const fork of forks) this.#program[fork] = { kind: 'fork', to: [fork + 1, this.#program.length] };
  }

  #push(instruction: Instruction): number {
    if (this.#program.length >= MAX_INSTRUCTIONS)
      throw new PatternError('PATTERN_TOO_LARGE', 'repeats more than a filter may');
    return this.#program.push(instruction) - 1;
  }
}
