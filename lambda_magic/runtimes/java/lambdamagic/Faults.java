package lambdamagic;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What goes wrong, in AWS's form: the error document and the log record that tells of it. */
final class Faults {
    private Faults() {
    }

    /** {@code {errorMessage, errorType, stackTrace, cause}} of what was thrown. */
    static Map<String, Object> documentOf(Throwable error) {
        Throwable thrown = causeOf(error);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("errorMessage", thrown.getMessage());
        document.put("errorType", thrown.getClass().getName());
        List<Object> frames = new ArrayList<>();
        for (StackTraceElement frame : ownFrames(thrown)) {
            frames.add(frame.toString());
        }
        document.put("stackTrace", frames);
        if (thrown.getCause() != null && thrown.getCause() != thrown) {
            document.put("cause", documentOf(thrown.getCause()));
        }
        return document;
    }

    /** The same as it stands in the log. */
    static String textOf(Throwable error) {
        Throwable thrown = causeOf(error);
        for (Throwable one = thrown; one != null; one = one.getCause()) {
            one.setStackTrace(ownFrames(one));
        }
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return thrown.getMessage() + ": " + thrown.getClass().getName() + "\n" + text.toString().stripTrailing();
    }

    /** What a handler threw, without what reflection makes of it. */
    static Throwable causeOf(Throwable error) {
        boolean isWrapped = error instanceof InvocationTargetException || error instanceof ExceptionInInitializerError;
        return isWrapped && error.getCause() != null ? causeOf(error.getCause()) : error;
    }

    /** The frames down to the handler: none of ours, and none of reflection's. */
    private static StackTraceElement[] ownFrames(Throwable error) {
        StackTraceElement[] frames = error.getStackTrace();
        int end = frames.length;
        while (end > 0 && isOurs(frames[end - 1].getClassName())) {
            end--;
        }
        return Arrays.copyOf(frames, end);
    }

    private static boolean isOurs(String name) {
        return name.startsWith("lambdamagic.")
                || name.startsWith("java.lang.reflect.")
                || name.startsWith("jdk.internal.reflect.")
                || name.startsWith("java.lang.invoke.")
                || name.startsWith("java.lang.Class");
    }
}
