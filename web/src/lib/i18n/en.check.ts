/** English: the devices, and their check before the conference. */
import type { Catalogue } from './catalogue';

/** A device by the system's name for it, where there is one. */
const called = (name: string) => (name === '' ? '' : ` “${name}”`);

export const devices: Catalogue['devices'] = {
  button: 'Devices',
  title: 'Camera, microphone and loudspeaker',
  close: 'Close',
  retry: 'Try again',
  troubles: {
    refused: {
      title: 'The browser may not use the camera and the microphone.',
      mend: 'Press the lock beside the address, allow both, then press “Try again”. You can watch and listen meanwhile.',
    },
    system: {
      title: 'The computer does not let the browser use the camera and the microphone.',
      mend: 'Open the computer’s settings, under Privacy, turn camera and microphone on for the browser, then press “Try again”.',
    },
    missing: {
      title: 'No camera and no microphone were found.',
      mend: 'Plug one in; the page notices by itself. You can watch and listen meanwhile.',
    },
    busy: {
      title: 'Another program uses the camera and the microphone.',
      mend: 'Close that program (Zoom, Teams, …), then press “Try again”.',
    },
    'no-microphone': {
      title: 'There is a camera, but no microphone.',
      mend: 'Plug a microphone in; the page notices by itself. Without one you cannot speak.',
    },
    'no-camera': {
      title: 'There is a microphone, but no camera.',
      mend: 'Plug a camera in if you need a picture; the page notices by itself. Sound works.',
    },
  },
  mends: {
    video: {
      refused: {
        title: 'The browser may not use the camera.',
        mend: 'Press the lock beside the address, allow the camera, then press “Try again”.',
      },
      system: {
        title: 'The computer does not let the browser use the camera.',
        mend: 'Open the computer’s settings, under Privacy, turn the camera on for the browser, then press “Try again”.',
      },
      missing: {
        title: 'No camera was found.',
        mend: 'Plug one in; the page notices by itself.',
      },
      busy: {
        title: 'Another program uses the camera.',
        mend: 'Close that program (Zoom, Teams, …), then press “Try again”.',
      },
    },
    audio: {
      refused: {
        title: 'The browser may not use the microphone.',
        mend: 'Press the lock beside the address, allow the microphone, then press “Try again”.',
      },
      system: {
        title: 'The computer does not let the browser use the microphone.',
        mend: 'Open the computer’s settings, under Privacy, turn the microphone on for the browser, then press “Try again”.',
      },
      missing: {
        title: 'No microphone was found.',
        mend: 'Plug one in; the page notices by itself.',
      },
      busy: {
        title: 'Another program uses the microphone.',
        mend: 'Close that program (Zoom, Teams, …), then press “Try again”.',
      },
    },
  },
  insecure: (address) => ({
    title: 'Browsers open cameras and microphones on secure addresses (https) only.',
    mend: `Open this page by ${address} or by the https address that the organisers gave you. You can watch and listen meanwhile.`,
  }),
  losses: {
    audio: {
      gone: (lost) => `The microphone${called(lost)} was just unplugged. Plug it in again, or another one; the page notices by itself. The turn goes on.`,
      replaced: (lost, other) => `The microphone${called(lost)} was just unplugged. The microphone${called(other)} is in use; there is nothing to do.`,
      offered: (lost, other) => `The microphone${called(lost)} was just unplugged. The microphone${called(other)} can be used.`,
      back: (lost, other) => `The microphone${called(lost)} is there again. The microphone${called(other)} is in use.`,
      returned: (lost) => `The microphone${called(lost)} is there again and works.`,
    },
    video: {
      gone: (lost) => `The camera${called(lost)} was just unplugged. Plug it in again, or another one; the page notices by itself. Sound and turn go on.`,
      replaced: (lost, other) => `The camera${called(lost)} was just unplugged. The camera${called(other)} is in use.`,
      offered: (lost, other) => `The camera${called(lost)} was just unplugged. The camera${called(other)} can be used. Sound and turn go on.`,
      back: (lost, other) => `The camera${called(lost)} is there again. The camera${called(other)} is in use.`,
      returned: (lost) => `The camera${called(lost)} is there again and works.`,
    },
  },
  use: (device) => (device === '' ? 'Use this device' : `Use ${device}`),
  names: { video: 'Camera', audio: 'Microphone', speaker: 'Loudspeaker' },
  nth: {
    video: (n) => `Camera ${n}`,
    audio: (n) => `Microphone ${n}`,
    speaker: (n) => `Loudspeaker ${n}`,
  },
  none: { video: 'No camera', audio: 'No microphone' },
  systemSpeaker: 'The computer’s default loudspeaker',
};

export const check: Catalogue['check'] = {
  title: 'Device check',
  intro: 'Look, speak, listen. Then press “Enter the conference”.',
  enter: 'Enter the conference',
  entering: {
    ready: 'Picture and sound are there. The microphone stays closed until you are given the floor.',
    audio: 'Entering without a microphone: you can watch, listen and ask, but nobody hears you.',
    video: 'Entering without a camera: you can speak, but the other sites do not see you.',
    both: 'Entering without camera and microphone: you can only watch, listen and ask.',
  },
  notThisSite: 'Another site',
  asking: 'The browser asks whether it may use camera and microphone. Please press “Allow”.',
  cameraOff: 'The camera is off',
  picture: 'The picture of your camera',
  cameraWorks: 'The other sites will see this picture.',
  microphoneOff: 'The microphone is off: nobody hears you.',
  hearing: {
    unknown: 'Measuring the sound…',
    nothing: 'Nothing is heard: say something, and check the microphone’s mute switch and its cable.',
    room: 'The microphone works. Please say a sentence.',
    speech: 'You are heard.',
    heard: 'You were heard. The microphone is good.',
  },
  measure: 'Press to measure the sound',
  level: 'Level of the microphone',
  speaker: {
    test: 'Play a test sound',
    playing: 'Playing…',
    untried: 'Press “Play a test sound” to know whether you will hear the conference.',
    ask: 'Do you hear it?',
    yes: 'I hear it',
    no: 'I do not',
    works: 'The loudspeaker is good.',
    mend: 'Check that the loudspeaker is plugged in and on, turn up the volume of the computer and of the loudspeaker, or choose another above; then play it again.',
    blocked: 'The browser cannot play through this loudspeaker. Please choose another.',
  },
  line: {
    title: 'Line',
    intro: 'Your picture and sound are sent to the server and come back.',
    waiting: 'Begins when camera and microphone are open.',
    steps: {
      connecting: 'Connecting to the server…',
      media: 'Sending picture and sound…',
      rates: 'Measuring the rate…',
      judging: 'Concluding…',
    },
    run: 'Check now',
    again: 'Check again',
    verdicts: {
      good: 'The line is good.',
      usable: 'The line is usable.',
      bad: 'The line is not enough for a conference.',
    },
    failed: (reason) => `The line could not be checked: ${reason}`,
    path: 'Path',
    none: 'not measured',
    udp: 'UDP',
    tcp: 'TCP',
    rtt: 'Round trip',
    loss: 'Loss',
    rate: 'Rate',
    up: 'up',
    down: 'down',
  },
  marks: {
    good: 'Good',
    look: 'Attention',
    bad: 'Not yet',
    busy: 'Checking',
    todo: 'Untried',
    off: 'Off',
  },
};
