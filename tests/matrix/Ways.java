// SPDX-License-Identifier: ISC
// Ways WAY PROGRAM SOCKET: starts the witness by one of Java's ways. Run by the leak matrix; holds secrets, and
// prints them in hexadecimal alone.
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

class Ways {
    static int built(String[] command, boolean clear, String name, String value) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        if (clear)
            builder.environment().clear();
        if (name != null)
            builder.environment().put(name, value);
        return builder.start().waitFor();
    }

    static void own() {
        byte[] bytes = System.getenv("KEY").getBytes(StandardCharsets.UTF_8);
        System.out.println("own KEY " + HexFormat.of().formatHex(bytes));
    }

    static int run(String way, String[] command) throws Exception {
        String line = String.join(" ", command);
        String[] shell = {"/bin/sh", "-c", line + "; exit $?"};
        switch (way) {
        case "ProcessBuilder":
            return built(command, false, null, null);
        case "ProcessBuilder-env":
            return built(command, false, "ADDED", "yes");
        case "ProcessBuilder-empty":
            return built(command, true, "A", "1");
        case "ProcessBuilder-renamed":
            return built(command, true, "COPY", System.getenv("KEY"));
        case "ProcessBuilder-shell":
            return built(shell, false, null, null);
        case "exec":
            return Runtime.getRuntime().exec(command).waitFor();
        case "exec-line":
            return Runtime.getRuntime().exec(line).waitFor();
        case "exec-env":
            return Runtime.getRuntime().exec(command, new String[] {"KEY=" + System.getenv("KEY")}).waitFor();
        case "own":
            own();
            return built(command, false, null, null);
        default:
            throw new IllegalArgumentException(way);
        }
    }

    public static void main(String[] words) throws Exception {
        System.exit(run(words[0], Arrays.copyOfRange(words, 1, words.length)));
    }
}
