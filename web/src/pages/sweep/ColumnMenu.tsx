import { Popover } from "radix-ui";

/** Which columns are shown. */
export function ColumnMenu({ all, chosen, set }: { all: { id: string; title: string }[]; chosen: string[]; set: (cols: string | undefined) => void }) {
  function toggle(id: string) {
    const next = chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen, id];
    set(next.length > 0 ? next.join(",") : undefined);
  }
  return (
    <Popover.Root>
      <Popover.Trigger className="button">Columns</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu" align="end" sideOffset={4} aria-label="Columns">
          <div className="menu-list">
            {all.map((c) => (
              <label key={c.id}>
                <input type="checkbox" checked={chosen.includes(c.id)} onChange={() => toggle(c.id)} />
                {c.title}
              </label>
            ))}
          </div>
          <button type="button" className="button" onClick={() => set(undefined)}>
            The usual ones
          </button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
