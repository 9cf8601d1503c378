import { Link } from "@tanstack/react-router";
import { Shortcuts } from "./Shortcuts";
import { ThemeButton } from "./Theme";

/** The top line of every page: where one is on the left, what can be done on the right. */
export function Top({ path, actions }: { path?: React.ReactNode; actions?: React.ReactNode }) {
  return (
    <header className="top">
      <nav aria-label="You are here" className="crumbs">
        <Link to="/" className="brand" aria-label="sweepd, all sweeps">
          s⌁
        </Link>
        <Link to="/" activeOptions={{ exact: true }}>
          Sweeps
        </Link>
        {path}
      </nav>
      <div className="actions">
        {actions}
        <ThemeButton />
        <Shortcuts />
      </div>
    </header>
  );
}
