// SPDX-License-Identifier: Apache-2.0

extension LintCode {
    static let links = [
        danglingLink, orphan, missingCreationLink, edgeWithoutContext, requestWithoutContext, duplicateContextHeader,
        changedContext, retryWithoutLink,
    ]

    /// A span links to one that isn't there, unexplained.
    public static let danglingLink = LintCode(
        FlowProblem.Kind.danglingLink.description,
        .error,
        means: "A span links to one that isn't there, and nothing is known that explains it.",
        from:
            "The other span was lost before it was exported (its process was killed, its queue was full), went to another "
            + "backend, or never was: a broken sampler flagged it as sampled, or a message carries invented ids.",
        remedy:
            "Look at the other service's count of lost spans and at how it shuts down, and send all services' spans to "
            + "the same place."
    )

    /// A span's parent isn't there, unexplained.
    public static let orphan = LintCode(
        FlowProblem.Kind.orphan.description,
        .error,
        means: "A span's parent isn't there, and nothing is known that explains it.",
        from:
            "The parent was lost before it was exported, never ended, or was made by something between the services, such "
            + "as a proxy, that sends its spans elsewhere or none.",
        remedy:
            "End every span, also where an error is thrown; look at the count of lost spans; let a proxy pass trace "
            + "context on unchanged or export its spans too."
    )

    /// A message was worked on without a link to what created it.
    public static let missingCreationLink = LintCode(
        FlowProblem.Kind.missingCreationLink.description,
        .error,
        means:
            "A message was worked on without a link to the span that created it: its flow ends at the topic and another "
            + "one begins behind it.",
        from:
            "The message carried no trace context, or none that can be read: it was sent by code that isn't traced, passed "
            + "on by something that drops headers, or its context was cut short.",
        remedy:
            "Send through a traced client, copy all headers wherever a message is passed on, and keep the context column "
            + "in every query that moves a job or an outbox row."
    )

    /// A good part of the messages of a topic come to a service without context.
    public static let edgeWithoutContext = LintCode(
        "edge-without-context",
        .error,
        means:
            "A good part of the messages of a topic or queue reach a service without the context that would join their "
            + "flows.",
        from:
            "One of the topic's producers isn't traced at all, a mirror or connector drops headers, or the consumer reads "
            + "another format than the producers write.",
        remedy: "Find the producers of the messages that the finding names and trace them; let both sides use the same "
            + "propagators."
    )

    /// A request was answered in a trace of its own.
    public static let requestWithoutContext = LintCode(
        "request-without-context",
        .error,
        means: "A service answered a request in a trace of its own, although the caller has a span for it.",
        from:
            "The client doesn't inject trace context, something between drops the header, or the server doesn't extract it.",
        remedy:
            "Inject the current context into outgoing requests and extract it where requests come in; let proxies pass "
            + "traceparent on."
    )

    /// A message's context came more than once.
    public static let duplicateContextHeader = LintCode(
        "duplicate-context-header",
        .error,
        means: "A message carries a trace field more than once, so that different readers see different flows.",
        from:
            "Something that passes messages on appends its headers beside those that are there, instead of replacing them.",
        remedy:
            "Replace trace headers when you send, never append; remove all of them first when a message is passed on as "
            + "a new one."
    )

    /// The context of a message changed on its way.
    public static let changedContext = LintCode(
        "changed-context",
        .error,
        means:
            "Spans disagree on which span created a message: its context changed on its way, or was read differently.",
        from:
            "Something between rewrote the context, a message was sent again with a context of its own, or a field came "
            + "twice and readers took different ones.",
        remedy: "Never rewrite the context of a message that is passed on or sent again; link to what you add instead."
    )

    /// A second or later attempt has no link to the one before.
    public static let retryWithoutLink = LintCode(
        FlowProblem.Kind.retryWithoutLink.description,
        .error,
        means:
            "A second or later attempt at a job has no link to the attempt before, so that it isn't seen as a retry.",
        from: "The span of the failed attempt was not kept with the job when it was put back.",
        remedy: "Store the context of each attempt with the job as it is settled, and link to it from the next."
    )
}
