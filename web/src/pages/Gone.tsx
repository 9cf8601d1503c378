import { Link } from "@tanstack/react-router";
import { Top } from "../ui/Layout";

/** For an address that is no page. */
export function Gone() {
  return (
    <>
      <Top />
      <main className="empty">
        <h1>There is no page at this address.</h1>
        <p>
          <Link to="/">All sweeps</Link>
        </p>
      </main>
    </>
  );
}
