import { WrongInput } from '../../host/fault.ts';
import type { Problem } from '../../model/problem.ts';
import { type FetchFor, readPlans } from '../../provider/local/read-plans.ts';
import { readConfig } from '../config.ts';
import { findPipelines } from '../find-pipelines.ts';
import { imageNames } from '../image-access.ts';
import { hostBounds } from '../plan-request.ts';
import { cleanText } from '../render/clean-text.ts';
import { problemLine } from '../render/problem-line.ts';
import { actionsMirror } from '../run-options.ts';
import type { VerbDefinition } from '../verbs.ts';
import { workflowFetcher } from '../workflow-fetcher.ts';

interface CheckOptions {
  readonly json: boolean;
  readonly actionsMirror?: string;
}

export const verb: VerbDefinition = (command, end) => {
  command
    .argument('[path...]', 'pipeline files or folders of them; none: those of the repository you stand in')
    .option('--json', 'one JSON object a line', false)
    .option(...actionsMirror)
    .action(async (paths: string[], options: CheckOptions) => {
      const { json } = options;
      const fetchFor = workflowFetcher(options);
      const files = await findPipelines(paths);
      const problems = eachOnce((await Promise.all(files.map((file) => problemsOf(file, fetchFor)))).flat());
      for (const problem of problems) {
        process.stdout.write(
          json ? `${JSON.stringify(flat(problem))}\n` : `${cleanText(problemLine(problem), false)}\n`,
        );
      }
      if (problems.length === 0 && !json) {
        process.stderr.write(
          `${files.length} ${files.length === 1 ? 'pipeline' : 'pipelines'} checked, nothing wrong\n`,
        );
      }
      end(problems.length === 0 ? 0 : 2);
    });
};

/** What reading and planning it by itself, without secrets, finds. */
async function problemsOf(file: string, fetchFor: FetchFor): Promise<readonly Problem[]> {
  try {
    await readPlans([file], {
      fetchFor,
      given: { vars: {}, inputs: {} },
      host: hostBounds({}),
      images: imageNames(readConfig().images ?? {}),
    });
    return [];
  } catch (error) {
    if (error instanceof WrongInput) {
      return error.problems;
    }
    throw error;
  }
}

/** What is wrong with a workflow is found with each file that calls it. */
function eachOnce(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function flat({ message, place }: Problem): object {
  return { file: place?.file, line: place?.line, column: place?.column, message };
}
