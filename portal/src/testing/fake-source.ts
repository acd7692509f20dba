/** A browser's event stream, which says what a test lets it say. */
export class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  static CLOSED = 2;
  readyState = 1;

  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }

  /** The newest stream of this address that is still open. */
  static of(url: string): FakeSource {
    const found = FakeSource.opened.findLast((source) => source.url === url && source.readyState !== FakeSource.CLOSED);
    if (found === undefined) throw new Error(`no stream of ${url} is open`);
    return found;
  }

  close() {
    this.readyState = FakeSource.CLOSED;
  }

  send(about: string, data: string) {
    this.dispatchEvent(Object.assign(new Event(about), { data }));
  }
}
