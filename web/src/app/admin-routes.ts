/** The operators' addresses. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { readMarginsSearch, readOrdersSearch } from "@/features/admin/money/search";
import { readAccountsSearch, readAuditSearch, readWords } from "@/features/admin/search";
import { root } from "./root-route";

const admin = createRoute({
  getParentRoute: () => root,
  path: "/admin",
  component: lazyRouteComponent(() => import("@/features/admin/admin-layout"), "AdminLayout"),
});

const adminProviders = createRoute({
  getParentRoute: () => admin,
  path: "/providers",
  component: lazyRouteComponent(() => import("@/features/admin/providers-page"), "ProvidersPage"),
});

const adminOverview = createRoute({
  getParentRoute: () => admin,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/admin/overview-page"), "OverviewPage"),
});

const adminProvider = createRoute({
  getParentRoute: () => admin,
  path: "/providers/$slug",
  component: lazyRouteComponent(() => import("@/features/admin/provider-page"), "ProviderPage"),
});

const adminModels = createRoute({
  getParentRoute: () => admin,
  path: "/models",
  validateSearch: readWords,
  component: lazyRouteComponent(() => import("@/features/admin/models-page"), "AdminModelsPage"),
});

const adminModel = createRoute({
  getParentRoute: () => admin,
  path: "/models/$author/$slug",
  component: lazyRouteComponent(() => import("@/features/admin/model-page"), "AdminModelPage"),
});

const adminCatalog = createRoute({
  getParentRoute: () => admin,
  path: "/catalog",
  component: lazyRouteComponent(() => import("@/features/admin/import-page"), "ImportPage"),
});

const adminHealth = createRoute({
  getParentRoute: () => admin,
  path: "/health",
  validateSearch: (search): { only?: "troubled" } => (search.only === "troubled" ? { only: "troubled" } : {}),
  component: lazyRouteComponent(() => import("@/features/admin/health-page"), "HealthPage"),
});

const adminRouting = createRoute({
  getParentRoute: () => admin,
  path: "/routing",
  component: lazyRouteComponent(() => import("@/features/admin/routing-page"), "RoutingPage"),
});

const adminSettings = createRoute({
  getParentRoute: () => admin,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/admin/settings-page"), "SystemSettingsPage"),
});

const adminUsers = createRoute({
  getParentRoute: () => admin,
  path: "/users",
  validateSearch: readWords,
  component: lazyRouteComponent(() => import("@/features/admin/users-page"), "UsersPage"),
});

const adminUser = createRoute({
  getParentRoute: () => admin,
  path: "/users/$id",
  component: lazyRouteComponent(() => import("@/features/admin/user-page"), "UserPage"),
});

const adminAccounts = createRoute({
  getParentRoute: () => admin,
  path: "/accounts",
  validateSearch: readAccountsSearch,
  component: lazyRouteComponent(() => import("@/features/admin/accounts-page"), "AccountsPage"),
});

const adminAccount = createRoute({
  getParentRoute: () => admin,
  path: "/accounts/$id",
  component: lazyRouteComponent(() => import("@/features/admin/account-page"), "AccountPage"),
});

const adminAudit = createRoute({
  getParentRoute: () => admin,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("@/features/admin/audit-page"), "AuditPage"),
});

const adminOrders = createRoute({
  getParentRoute: () => admin,
  path: "/orders",
  validateSearch: readOrdersSearch,
  component: lazyRouteComponent(() => import("@/features/admin/money/orders-page"), "OrdersPage"),
});

const adminVouchers = createRoute({
  getParentRoute: () => admin,
  path: "/vouchers",
  component: lazyRouteComponent(() => import("@/features/admin/money/vouchers-page"), "VouchersPage"),
});

const adminMargins = createRoute({
  getParentRoute: () => admin,
  path: "/margins",
  validateSearch: readMarginsSearch,
  component: lazyRouteComponent(() => import("@/features/admin/money/margins-page"), "MarginsPage"),
});

const adminPrices = createRoute({
  getParentRoute: () => admin,
  path: "/prices",
  component: lazyRouteComponent(() => import("@/features/admin/money/prices-page"), "PricesPage"),
});

const adminBooks = createRoute({
  getParentRoute: () => admin,
  path: "/books",
  component: lazyRouteComponent(() => import("@/features/admin/money/books-page"), "BooksPage"),
});

export const adminRoutes = admin.addChildren([
  adminOverview,
  adminProvider,
  adminModels,
  adminModel,
  adminCatalog,
  adminHealth,
  adminRouting,
  adminSettings,
  adminProviders,
  adminUsers,
  adminUser,
  adminAccounts,
  adminAccount,
  adminAudit,
  adminOrders,
  adminVouchers,
  adminMargins,
  adminPrices,
  adminBooks,
]);
