/** The WebGPU provider, on SwiftShader where there is no GPU. */
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import {
  swiftshaderAbsent,
  unpackSwiftshader,
} from "../harness/swiftshader.ts";

const entry = fileURLToPath(new URL("check-webgpu.ts", import.meta.url));

it.skipIf(swiftshaderAbsent !== "")(
  `WebGPU gives the reference's loss and gradient of a small net${swiftshaderAbsent && ` [absent: ${swiftshaderAbsent}]`}`,
  async () => {
    const driver = await unpackSwiftshader();
    const { stdout } = await promisify(execFile)(process.execPath, [entry], {
      env: {
        ...process.env,
        VK_DRIVER_FILES: driver,
        // Beside the driver lies Vulkan's loader, which a machine without a GPU may lack.
        LD_LIBRARY_PATH: [dirname(driver), process.env.LD_LIBRARY_PATH]
          .filter(Boolean)
          .join(":"),
      },
    });
    const [expected, given] = JSON.parse(
      stdout.trim().split("\n").at(-1)!,
    ) as number[][][];
    expect(expected.length).toBe(2);
    for (const [index, numbers] of expected.entries()) {
      const scale = Math.max(...numbers.map(Math.abs));
      const worst = Math.max(
        ...numbers.map((number, i) => Math.abs(number - given[index][i])),
      );
      expect(scale).toBeGreaterThan(0);
      expect(worst / scale).toBeLessThan(1e-4);
    }
  },
  240_000,
);
