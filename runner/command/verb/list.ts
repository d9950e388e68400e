import { readConfig } from '../config.ts';
import { jobsJson, jobsTable } from '../plan-list.ts';
import { requestedPlans } from '../plan-request.ts';
import { addSelectOptions, type SelectOptions } from '../run-options.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  addSelectOptions(command)
    .option('--json', 'one JSON object a line', false)
    .action(async (paths: string[], options: SelectOptions & { json: boolean }) => {
      const plans = await requestedPlans(paths, options, readConfig());
      process.stdout.write(options.json ? jobsJson(plans) : jobsTable(plans));
      end(0);
    });
};
