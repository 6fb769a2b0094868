using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>A wire format by its name: what <c>format=NAME</c> picks where a run is read. A protocol registers one; every run can be read in all of them.</summary>
internal interface IRunFormatKind
{
    /// <summary>Its name in <c>format=</c>.</summary>
    string Name { get; }

    /// <summary>Whether a stream may begin at any event; otherwise its frames make sense from the first one on only.</summary>
    bool StartsAnywhere => false;

    /// <summary>The media type of its streams: what a request's <c>Accept</c> must allow.</summary>
    string ContentType => "text/event-stream";

    /// <summary>Makes the writer of one stream.</summary>
    /// <param name="run">The run to write.</param>
    /// <param name="query">The request's query, for options of the format.</param>
    IRunFormat Create(Run run, IQueryCollection query);
}
