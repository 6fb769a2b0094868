using System.Text;

namespace ChatApp.Api;

// What can be open.
internal abstract partial class PartFormat
{
    /// <summary>One agent, or the answer without agents, and what it has open.</summary>
    protected sealed class Voice(string? agent)
    {
        /// <summary>The agent's name; null without agents.</summary>
        public string? Agent => agent;

        /// <summary>The text or reasoning it is in.</summary>
        public Part? Part { get; set; }

        /// <summary>The number of the step it is in.</summary>
        public int? Step { get; set; }

        /// <summary>The message its next calls belong to, for a format that wants one.</summary>
        public string? Message { get; set; }

        /// <summary>Calls whose arguments are still coming.</summary>
        internal List<Call> Open { get; } = [];

        /// <summary>This step's calls that came in fragments.</summary>
        internal Dictionary<int, Call> ByIndex { get; } = [];
    }

    /// <summary>A stretch of text or of reasoning.</summary>
    protected sealed class Part(bool isReasoning)
    {
        /// <summary>Whether it is reasoning.</summary>
        public bool IsReasoning => isReasoning;

        /// <summary>Its id in the format.</summary>
        public string Id { get; set; } = "";
    }

    /// <summary>Where a call stands.</summary>
    protected enum CallState
    {
        /// <summary>Its id or its tool is not known yet: nothing was written.</summary>
        Unknown,

        Open,

        Complete,

        Cut,
    }

    /// <summary>A tool call.</summary>
    protected sealed class Call
    {
        /// <summary>Its id in the format: the provider's, unless that was used before.</summary>
        public string Id { get; set; } = "";

        /// <summary>The provider's id.</summary>
        public string? GivenId { get; set; }

        /// <summary>The tool.</summary>
        public string? Name { get; set; }

        /// <summary>The arguments' text so far, where they came in fragments.</summary>
        public StringBuilder Arguments { get; } = new();

        /// <summary>Where it stands.</summary>
        public CallState State { get; set; }

        /// <summary>Whether the client makes it; any other is made here.</summary>
        public bool IsForClient { get; set; }

        /// <summary>The request for a yes or no to it, where there was one.</summary>
        public string? ApprovalId { get; set; }

        /// <summary>Whether the answer was no.</summary>
        public bool IsDenied { get; set; }

        /// <summary>Whether its result was written.</summary>
        public bool HasResult { get; set; }
    }
}
