// Trunk's post_build hook. The widget is built with settings for the browser alone (see
// crates/xtask/src/widget.rs); xtask itself is not to be built with them.
import { spawnSync } from "node:child_process";

const env = { ...process.env };
for (const name of Object.keys(env)) {
  if (name === "RUSTC_BOOTSTRAP" || name.startsWith("CARGO_UNSTABLE_") || name.endsWith("_RUSTFLAGS")) {
    delete env[name];
  }
}
const { status } = spawnSync("cargo", ["xtask", "pack"], { env, stdio: "inherit" });
process.exit(status ?? 1);
