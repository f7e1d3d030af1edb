// SPDX-License-Identifier: Apache-2.0

extension LintCode {
    static let messages = [
        negativeWait, consumerWithoutProducer, sendWithoutReport, messageNeverSent, polledNeverProcessed,
    ]

    /// A message was worked on before it was sent.
    public static let negativeWait = LintCode(
        "negative-wait",
        .warning,
        means: "A message seems to have been worked on before it was sent, so waits over this hop can't be trusted.",
        from: "The clocks of the two machines disagree, or the sender sets the message's timestamp by itself.",
        remedy: "Keep clocks in step with NTP; leave a message's timestamp to the client or the broker."
    )

    /// A message's context isn't that of a span that creates messages.
    public static let consumerWithoutProducer = LintCode(
        "consumer-without-producer",
        .warning,
        means:
            "A message carries the context of a span that sends none, so nothing tells when it was sent or how long it "
            + "waited.",
        from: "Code put the current context into the message by hand, without a span for the send.",
        remedy: "Send through a traced client, or make a producer span around the send and inject that one's context."
    )

    /// Nobody said what became of a send.
    public static let sendWithoutReport = LintCode(
        "send-without-report",
        .warning,
        means:
            "A send ended without a delivery report: it is neither acknowledged nor failed, as others of its kind are.",
        from: "The span was ended when the client took the message, or the process stopped before the broker answered.",
        remedy: "End the span of a send in its delivery report, and flush the producer before the process ends."
    )

    /// A message was created and never sent.
    public static let messageNeverSent = LintCode(
        "message-never-sent",
        .warning,
        means: "A message was created, and no span sends it or works on it.",
        from:
            "The relay of the outbox is down or far behind, the transaction was rolled back, or a batch was given up.",
        remedy: "Look at the outbox for rows that were not sent; create messages in the transaction that commits them."
    )

    /// Messages were handed over by a poll and never worked on.
    public static let polledNeverProcessed = LintCode(
        "polled-never-processed",
        .warning,
        means: "Messages were handed over by a poll, and no span works on them.",
        from: "The consumer skipped or dropped them, stopped meanwhile, or works on them without a span.",
        remedy: "Make a process span around the work on each message or batch, also for messages that are skipped on "
            + "purpose; look at whether offsets were committed past them."
    )
}
