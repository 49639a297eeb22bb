import vm from 'node:vm';

const script = new vm.Script('work()');
const context = vm.createContext({});

/** What `work` gives, or undefined when it takes longer than `ms`: V8 then ends it wherever it is, in the midst of a regular expression too. */
export const within = <Result>(ms: number, work: () => Result): Result | undefined => {
	context['work'] = work;
	try {
		return script.runInContext(context, {timeout: ms}) as Result;
	} catch (error) {
		// An error of the other realm is no instance of this one's Error.
		if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
			return undefined;
		}

		throw error;
	}
};
