package lambdamagic;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where a function's output goes: one framed record for each call of the logger. */
final class Logs implements LambdaLogger {
    private static final int TEXT_FRAME = 0xA55A0003;
    private static final int JSON_FRAME = 0xA55A0002;
    private static final int HEADER = 16;

    private final boolean asJson = "JSON".equalsIgnoreCase(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
    private final OutputStream frames = frames();
    private volatile String requestId;

    /** The invocation in flight. */
    void setRequestId(String requestId) {
        this.requestId = requestId;
    }

    @Override
    public void log(String message) {
        write(asJson ? record("INFO", message, Map.of()) : message);
    }

    @Override
    public void log(byte[] message) {
        write(new String(message, StandardCharsets.UTF_8));
    }

    /** Log what has gone wrong, as AWS's runtime does. */
    void logFault(Throwable error) {
        System.out.flush();
        write(asJson
                ? record("ERROR", Faults.causeOf(error).getMessage(), Faults.documentOf(error))
                : Faults.textOf(error));
    }

    private String record(String level, String message, Map<String, Object> more) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("timestamp", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        members.put("level", level);
        members.put("message", message);
        if (requestId != null) {
            members.put("AWSRequestId", requestId);
        }
        members.putAll(more);
        return Json.write(members);
    }

    private synchronized void write(String text) {
        byte[] message = text.getBytes(StandardCharsets.UTF_8);
        Instant now = Instant.now();
        ByteBuffer frame = ByteBuffer.allocate(HEADER + message.length);
        frame.putInt(asJson ? JSON_FRAME : TEXT_FRAME).putInt(message.length);
        frame.putLong(now.getEpochSecond() * 1_000_000 + now.getNano() / 1000).put(message);
        try {
            if (frames == null) {
                System.out.println(text);
            } else {
                frames.write(frame.array());
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static OutputStream frames() {
        String descriptor = System.getenv("_LAMBDA_TELEMETRY_LOG_FD");
        Path directory = Path.of(Files.isDirectory(Path.of("/proc/self/fd")) ? "/proc/self/fd" : "/dev/fd");
        try {
            return descriptor == null ? null : new FileOutputStream(directory.resolve(descriptor).toFile());
        } catch (IOException error) {
            return null;
        }
    }
}
