import { graphMermaid, graphText } from '../../plan/graph.ts';
import { readConfig } from '../config.ts';
import { requestedPlans } from '../plan-request.ts';
import { cleanText } from '../render/clean-text.ts';
import { addSelectOptions, type SelectOptions } from '../run-options.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  addSelectOptions(command)
    .option('--mermaid', 'as a mermaid flowchart', false)
    .action(async (paths: string[], options: SelectOptions & { mermaid: boolean }) => {
      const plans = await requestedPlans(paths, options, readConfig());
      const draw = options.mermaid ? graphMermaid : graphText;
      const lines = plans.map(draw).join('\n').split('\n');
      process.stdout.write(lines.map((line) => cleanText(line, false)).join('\n'));
      end(0);
    });
};
