import { FeatureFlags } from '@actions/expressions/features';
import { NoOperationTraceWriter } from '@actions/workflow-parser';
import { TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context';
import { TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range';
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema';

/** Complaints about one file that are told; more are noise. */
const mostComplaints = 100;

/** What the parser says is wrong, and where. */
export interface Complaint {
  /** One sentence without its full stop. */
  readonly message: string;
  readonly range?: TokenRange;
  readonly token?: TemplateToken;
  /** It is about a text's expression rather than about the text's place in the grammar. */
  readonly expression: boolean;
}

/** What the parser calls the kinds of values. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['StringToken', 'text'],
  ['BooleanToken', 'boolean'],
  ['NumberToken', 'number'],
  ['NullToken', 'nothing'],
  ['MappingToken', 'map'],
  ['SequenceToken', 'list'],
]);

function plainWords(text: string): string {
  return text.replace(/\.$/, '').replaceAll(/'(\w+Token)'/g, (whole, kind) => kinds.get(kind) ?? whole);
}

/** The parser's context, which keeps what it complains of together with the token it complains of. */
export class SchemaContext extends TemplateContext {
  #complaints: Complaint[] = [];

  constructor() {
    super(new TemplateValidationErrors(mostComplaints, 500), getWorkflowSchema(), new NoOperationTraceWriter());
    this.state.featureFlags = new FeatureFlags({ allowBackgroundSteps: true });
  }

  override error(tokenOrFile: TemplateToken | number | undefined, error: unknown, range?: TokenRange): void {
    super.error(tokenOrFile as TemplateToken, error as Error, range);
    const token = tokenOrFile instanceof TemplateToken ? tokenOrFile : undefined;
    const text = error instanceof Error ? error.message : String(error);
    const place = range ?? token?.range;
    if (this.#complaints.length < mostComplaints) {
      this.#complaints.push({
        message: plainWords(text),
        ...(place === undefined ? {} : { range: place }),
        ...(token === undefined ? {} : { token }),
        expression: error instanceof Error || text.startsWith('The expression is not closed'),
      });
    }
  }

  /** What was complained of since this was last asked. */
  take(): readonly Complaint[] {
    const taken = this.#complaints;
    this.#complaints = [];
    return taken;
  }
}
