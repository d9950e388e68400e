import { getInput, getMultilineInput, setFailed } from '@actions/core';
import { runAction } from './command/action.ts';
import { causeText } from './host/fault.ts';

const inputs = {
  pipeline: getInput('pipeline'),
  isolation: getInput('isolation'),
  secrets: getMultilineInput('secrets'),
};
try {
  process.exitCode = await runAction(inputs);
} catch (error) {
  setFailed(`LightV could not run: ${causeText(error)}`);
}
