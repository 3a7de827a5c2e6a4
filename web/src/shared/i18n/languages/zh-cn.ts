/** 简体中文 */
import type { Messages } from "./en";
import { account } from "./zh-cn/account";
import { admin } from "./zh-cn/admin";
import { base } from "./zh-cn/base";
import { faults } from "./zh-cn/faults";
import { fileFaults } from "./zh-cn/file-faults";
import { market } from "./zh-cn/market";
import { money } from "./zh-cn/money";
import { prices } from "./zh-cn/prices";
import { reasons } from "./zh-cn/reasons";
import { rules } from "./zh-cn/rules";
import { system } from "./zh-cn/system";
import { use } from "./zh-cn/use";

export const zhCN: Messages = {
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
