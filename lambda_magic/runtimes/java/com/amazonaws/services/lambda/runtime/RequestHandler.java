package com.amazonaws.services.lambda.runtime;

/** A handler of events that are made of their JSON. */
public interface RequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
