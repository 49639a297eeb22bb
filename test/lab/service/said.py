"""Prints what a run left, and fails where it did not come to its end."""
import json
import sys

steps = [json.loads(line) for line in open(sys.argv[1])]
for step in steps:
    rest = {name: value for name, value in step.items() if name not in ('step', 'at', 'command', 'user', 'out', 'err', 'code')}
    print('\n==', step['step'], '|', step.get('user', ''), '|', step.get('command', ''), '| code', step.get('code'), '|', rest)
    print(step.get('out', '').rstrip(), step.get('err', '').rstrip(), sep='\n')
wrong = [step['step'] for step in steps if step['step'] == 'failure' or 'failure' in step]
sys.exit(0 if steps and steps[-1]['step'] == 'done' and not wrong else f'Went wrong: {wrong or "it did not end"}')
