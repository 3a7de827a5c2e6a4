/** English: the language the others are measured by. Its shape is every other language's. */
import { account } from "./en/account";
import { admin } from "./en/admin";
import { base } from "./en/base";
import { faults } from "./en/faults";
import { fileFaults } from "./en/file-faults";
import { market } from "./en/market";
import { money } from "./en/money";
import { prices } from "./en/prices";
import { reasons } from "./en/reasons";
import { rules } from "./en/rules";
import { system } from "./en/system";
import { use } from "./en/use";

export const en = {
  ...base,
  ...faults,
  ...fileFaults,
  ...reasons,
  ...market,
  ...use,
  ...account,
  ...rules,
  ...money,
  ...prices,
  ...admin,
  ...system,
};

export type Messages = typeof en;
