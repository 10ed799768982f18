// The pages work without this file. Each island finds its elements by data-attributes and improves what is there.
import { startConfirm } from "./confirm";
import { startCopy } from "./copy";
import { startCountdown } from "./countdown";
import { startDialogs } from "./dialogs";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startOnce } from "./once";
import { startPalette } from "./palette";
import { startQuote } from "./quote";
import { startReltime } from "./reltime";
import { startSeen } from "./seen";
import { startTheme } from "./theme";
import { startUndo } from "./undo";
import { startWriting } from "./writing";

document.documentElement.dataset["js"] = "";
startDialogs();
startConfirm();
startCopy();
startKeys();
startPalette();
startReltime();
startCountdown();
startTheme();
startUndo();
startWriting();
startSeen();
startQuote();
startOnce(); // after those who take a submit for themselves
startLive();
