import {Box} from 'ink';
import {fit, line} from '../../text/line.js';
import {type Page} from '../frame.js';
import {Lines} from '../theme.js';
import {FilterBar} from './filter-bar.js';
import {Foot} from './foot.js';
import {Header} from './header.js';
import {VipPanel} from './vip-panel.js';

/** Any view, between the first and the last lines that all views have. */
export const viewPage: Page = {
	isList: true,
	extent: frame => frame.view.extent(frame),
	needs: frame => frame.view.needs(frame),
	Picture({frame}) {
		const {view, layout, columns} = frame;
		return (
			<>
				<Header frame={frame}/>
				{layout.panel > 0 && <VipPanel frame={frame}/>}
				{view.caption && <Lines lines={[line(fit(view.caption(frame), columns), 'heading')]}/>}
				{view.parts.bar && <FilterBar frame={frame} lists={view.parts.bar}/>}
				<Box flexDirection='column' height={layout.body} flexShrink={0} overflow='hidden'>
					<view.Body frame={frame}/>
				</Box>
				<Foot frame={frame}/>
			</>
		);
	},
};
