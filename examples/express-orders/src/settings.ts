/** What the application is told from outside. */
export interface Settings {
  readonly databasePath: string;
  /** Where the orders' events are sent: here to this application's own billing, as if it were another service. */
  readonly billingUrl: string;
  /** `whsec_…`: signs the webhooks, and verifies them. */
  readonly webhookKey: string;
}

/** @throws Error when a variable is missing */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const {
    PORT = '3000',
    DATABASE_PATH = 'orders.db',
    BILLING_URL = `http://127.0.0.1:${PORT}/hooks/orders`,
    WEBHOOK_KEY,
  } = environment;
  if (WEBHOOK_KEY === undefined)
    throw new Error('set WEBHOOK_KEY, for example to "whsec_$(openssl rand -base64 32)"');
  return { databasePath: DATABASE_PATH, billingUrl: BILLING_URL, webhookKey: WEBHOOK_KEY };
}
