import { Argument } from 'commander';
import type { VerbDefinition } from '../verbs.ts';

/** JSON Schemas by what they describe; loaded when asked for. */
const schemas = {
  pipeline: async () => (await import('../../workflow/lightv/grammar.ts')).pipelineJsonSchema(),
  image: async () => (await import('../../image/definition.ts')).imageJsonSchema(),
  events: async () => (await import('../event-schema.ts')).eventJsonSchema(),
};

export const verb: VerbDefinition = (command, end) => {
  const of = new Argument('<of>', 'what to describe').choices(Object.keys(schemas));
  command.addArgument(of).action(async (name: keyof typeof schemas) => {
    process.stdout.write(`${JSON.stringify(await schemas[name](), null, 2)}\n`);
    end(0);
  });
};
