//! Waiting for a free agent: Enqueue, and the Queue noun that connects who waits.

use crate::element::element;
use crate::values::{Method, QueueName, QueueSize, TaskPriority, TaskTimeout, Text, Trimmed};

element! {
    /// Puts the caller into a queue (Twilio's page "TwiML Voice: Enqueue").
    Enqueue {
        /// Where the call goes on once it left the queue. Without it the next verb follows.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// How many may wait.
        max_queue_size: QueueSize = "@maxQueueSize",
        /// What is heard while waiting; Twilio's music if absent.
        wait_url: Text = "@waitUrl",
        /// How `waitUrl` is asked for.
        wait_url_method: Method = "@waitUrlMethod",
        /// The `TaskRouter` workflow that finds the agent, by its SID; then there is a task
        /// instead of a name.
        workflow_sid: Text = "@workflowSid",
    } with {
        /// The queue's name; it is made if there is none of that name.
        name: Option<QueueName> = "$text",
        /// The task for `TaskRouter`.
        task: Option<Task> = "Task",
    }
}

impl Enqueue {
    /// Waits in the queue with this name.
    pub fn new(name: QueueName) -> Self {
        Self { name: Some(name), ..Self::default() }
    }

    /// Waits for an agent found by a `TaskRouter` workflow.
    pub fn workflow(workflow_sid: impl Into<Text>, task: Task) -> Self {
        Self { task: Some(task), ..Self::default() }.workflow_sid(workflow_sid)
    }
}

element! {
    /// What `TaskRouter` is told of the call.
    Task {
        /// The task's priority; the greater goes first.
        priority: TaskPriority = "@priority",
        /// How long the task may wait.
        timeout: TaskTimeout = "@timeout",
    } with {
        /// The task's attributes as JSON.
        attributes: Text = "$text",
    }
}

impl Task {
    /// A task with these attributes as JSON.
    pub fn new(attributes: impl Into<Text>) -> Self {
        Self { attributes: attributes.into(), ..Self::default() }
    }
}

element! {
    /// Who waits first in a queue (Twilio's page "TwiML Voice: Queue").
    Queue {
        /// A document that the one who waited hears before the two are connected.
        url: Text = "@url",
        /// How `url` is asked for.
        method: Method = "@method",
        /// The `TaskRouter` reservation to take, by its SID.
        reservation_sid: Text = "@reservationSid",
        /// The activity that the worker goes to afterwards, by its SID.
        post_work_activity_sid: Text = "@postWorkActivitySid",
    } with {
        /// The queue's name.
        name: Trimmed = "$text",
    }
}

impl Queue {
    /// The queue with this name.
    pub fn new(name: impl Into<Trimmed>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
