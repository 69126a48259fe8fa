package lambdamagic;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * From {@code _HANDLER} to a method: "package.Class::method", or "package.Class" where that
 * implements one of AWS's interfaces.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/java-handler.html">Java handlers</a>
 */
final class Handler {
    private final Method method;
    private final Object receiver;

    private Handler(Method method, Object receiver) {
        this.method = method;
        this.receiver = receiver;
    }

    /** Load the class, and make an object of it; throws whatever that throws. */
    static Handler load(String name) throws Exception {
        int colons = name.indexOf("::");
        Class<?> type = loadClass(colons < 0 ? name : name.substring(0, colons));
        Method method = colons < 0 ? interfaceMethod(type) : namedMethod(type, name.substring(colons + 2));
        method.setAccessible(true);
        if (Modifier.isStatic(method.getModifiers())) {
            return new Handler(method, null);
        }
        var constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return new Handler(method, constructor.newInstance());
    }

    /** Call it with an event's JSON; throws whatever it throws, perhaps wrapped by reflection. */
    void handle(byte[] event, OutputStream output, Context context) throws Exception {
        List<Object> arguments = new ArrayList<>();
        for (Type parameter : method.getGenericParameterTypes()) {
            if (parameter == Context.class) {
                arguments.add(context);
            } else if (parameter == InputStream.class) {
                arguments.add(new ByteArrayInputStream(event));
            } else if (parameter == OutputStream.class) {
                arguments.add(output);
            } else {
                Object json = Json.read(new String(event, StandardCharsets.UTF_8));
                arguments.add(Binding.toType(json, resolved(parameter)));
            }
        }
        Object result = method.invoke(receiver, arguments.toArray());
        if (!arguments.contains(output)) {
            write(result, output);
        }
    }

    private static void write(Object result, OutputStream output)
            throws IOException, ReflectiveOperationException {
        output.write(Json.write(Binding.toJson(result)).getBytes(StandardCharsets.UTF_8));
    }

    /** What a type parameter of RequestHandler stands for in the class that implements it. */
    private Type resolved(Type parameter) {
        return Binding.resolved(parameter, receiver == null ? method.getDeclaringClass() : receiver.getClass());
    }

    private static Class<?> loadClass(String name) throws ClassNotFoundException {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException error) {
            throw new ClassNotFoundException("Class not found: " + name);
        }
    }

    private static Method interfaceMethod(Class<?> type) throws NoSuchMethodException {
        if (RequestHandler.class.isAssignableFrom(type) || RequestStreamHandler.class.isAssignableFrom(type)) {
            return namedMethod(type, "handleRequest");
        }
        throw new NoSuchMethodException(
                "Class " + type.getName() + " does not implement an appropriate handler interface");
    }

    /** The method of this name with the most parameters, which must be what Lambda can give. */
    private static Method namedMethod(Class<?> type, String name) throws NoSuchMethodException {
        List<Method> methods = new ArrayList<>();
        for (Class<?> one = type; one != null; one = one.getSuperclass()) {
            methods.addAll(Arrays.asList(one.getDeclaredMethods()));
        }
        return methods.stream()
                .filter(method -> method.getName().equals(name) && !method.isBridge() && isCallable(method))
                .max(Comparator.comparingInt(Method::getParameterCount))
                .orElseThrow(() -> new NoSuchMethodException("No public method named " + name
                        + " with appropriate method signature found on class " + type.getName()));
    }

    private static boolean isCallable(Method method) {
        Class<?>[] types = method.getParameterTypes();
        int others = types.length;
        if (others > 0 && types[others - 1] == Context.class) {
            others--;
        }
        return others <= 1 || (others == 2 && types[0] == InputStream.class && types[1] == OutputStream.class);
    }
}
